package serve

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/otelcol"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/distro"
)

//go:embed default.yaml
var defaultYAML string

// DefaultConfig returns the configuration that holds without --config, as YAML.
func DefaultConfig() string { return defaultYAML }

// Options of the daemon.
type Options struct {
	Configs []string // files or URIs of collector configurations; none: DefaultConfig
	Sets    []string // key=value, over the configurations
	Policy  string   // policy file; "" none
	Data    string   // data folder; "" as configured
	Version string
}

// Run runs the daemon until ctx ends, then drains it. What it says about itself
// goes to out once it is ready, the log to standard error. An error has ExitCode()
// 2 where the configuration or the policy is wrong.
func Run(ctx context.Context, o Options, out io.Writer) error {
	if err := Validate(ctx, o); err != nil {
		return err
	}
	reload := make(chan struct{}, 1)
	defer onHangup(reload)()
	tap := &listeners{}
	set := Settings(o, auditdextension.Hooks{
		Reload: reload,
		Ready:  func(i auditdextension.Info) { announce(out, o.Version, tap.all(), i) },
	})
	set.LoggingOptions = []zap.Option{zap.WrapCore(func(c zapcore.Core) zapcore.Core { return zapcore.NewTee(c, tap.core()) })}
	return advised(runService(ctx, set))
}

// Validate tells what is wrong with a configuration without starting anything.
func Validate(ctx context.Context, o Options) error {
	if err := o.check(ctx); err != nil {
		return wrong{err}
	}
	col, err := otelcol.NewCollector(Settings(o, auditdextension.Hooks{}))
	if err == nil {
		err = col.DryRun(ctx)
	}
	if err != nil {
		return wrong{fmt.Errorf("the configuration is not valid: %w", err)}
	}
	if o.Policy != "" {
		return auditdextension.CheckPolicy(o.Policy)
	}
	return nil
}

// check tells flags that would have no effect.
func (o *Options) check(ctx context.Context) error {
	for _, s := range o.Sets {
		if key, _, ok := strings.Cut(s, "="); !ok || key == "" {
			return fmt.Errorf("--set %s: give key=value, such as --set receivers::otlp::protocols::grpc::endpoint=0.0.0.0:4317", s)
		}
	}
	if len(o.Configs)+len(o.Sets) == 0 {
		return nil // our own configuration
	}
	r, err := confmap.NewResolver(o.resolver())
	if err != nil {
		return err
	}
	conf, err := r.Resolve(ctx)
	if err != nil {
		return fmt.Errorf("the configuration cannot be read: %w", err)
	}
	if err := checkPorts(conf); err != nil || o.Policy == "" && o.Data == "" {
		return err
	}
	if list, _ := conf.Get("service::extensions").([]any); !slices.Contains(list, any(auditdextension.Type)) {
		return errors.New("--policy and --data are for the extension auditd, which is not among service::extensions of the configuration")
	}
	return nil
}

// checkPorts tells endpoints whose port cannot be: the collector's components tell
// when they listen, which is too late to be wrong use.
func checkPorts(conf *confmap.Conf) error {
	for _, key := range conf.AllKeys() {
		text, _ := conf.Get(key).(string)
		_, port, err := net.SplitHostPort(text)
		if err != nil || !strings.HasSuffix(key, "endpoint") { // URLs are none of this
			continue
		}
		if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > math.MaxUint16) {
			return fmt.Errorf("%s: %q: ports go from 0 to %d", key, text, math.MaxUint16)
		}
	}
	return nil
}

// Settings are those of the collector that runs with o.
func Settings(o Options, h auditdextension.Hooks) otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo:              component.BuildInfo{Command: "auditd", Description: "dyetrace auditor", Version: o.Version},
		Factories:              func() (otelcol.Factories, error) { return distro.Factories(h) },
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: o.resolver()},
		ProviderModules:        distro.ProviderModules(),
	}
}

// resolver lays the flags over the configurations.
func (o *Options) resolver() confmap.ResolverSettings {
	uris := slices.Clone(o.Configs)
	if len(uris) == 0 {
		uris = []string{"yaml:" + defaultYAML}
	}
	if o.Policy != "" {
		uris = append(uris, setting("extensions::auditd::policy_file", quote(o.Policy)))
	}
	if o.Data != "" {
		uris = append(uris, setting("extensions::auditd::data", quote(o.Data)))
	}
	for _, s := range o.Sets {
		key, value, _ := strings.Cut(s, "=")
		uris = append(uris, setting(strings.ReplaceAll(strings.TrimSpace(key), ".", "::"), strings.TrimSpace(value)))
	}
	logger := zap.NewNop() // there is no log before the configuration is read
	return confmap.ResolverSettings{
		URIs: uris, ProviderFactories: distro.Providers(), DefaultScheme: "env",
		ProviderSettings: confmap.ProviderSettings{Logger: logger}, ConverterSettings: confmap.ConverterSettings{Logger: logger},
	}
}

func setting(key, value string) string { return "yaml:" + key + ": " + value }

// quote makes a text a YAML value of which the collector expands nothing.
func quote(s string) string {
	b, err := json.Marshal(strings.ReplaceAll(s, "$", "$$"))
	if err != nil { // a text always can
		return s
	}
	return string(b)
}

// onHangup passes SIGHUP on. It is caught in any case: it must not end a daemon.
func onHangup(reload chan<- struct{}) (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
			}
			select {
			case reload <- struct{}{}:
			default: // one is on its way
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
}
