package auditdextension

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Config is the extension's settings; docs/auditd.md explains them.
type Config struct {
	// Endpoint of the API and /metrics, as host:port.
	Endpoint string `mapstructure:"endpoint"`
	// TLS of the API.
	TLS configoptional.Optional[configtls.ServerConfig] `mapstructure:"tls"`
	// Tokens of the API's clients. Without any the API answers on the loopback
	// interface only, and there to everybody.
	Tokens Tokens `mapstructure:"tokens"`
	// AllowOpen lets an API without tokens listen on other interfaces too.
	AllowOpen bool `mapstructure:"allow_open"`
	// AllowedOrigins are the web origins whose pages may read the API (CORS).
	AllowedOrigins []string `mapstructure:"allowed_origins"`
	// Data is the folder of the store.
	Data string `mapstructure:"data"`
	// PolicyFile becomes a new version of the policy when it has changed since it
	// was last taken: at the start and at SIGHUP.
	PolicyFile string    `mapstructure:"policy_file"`
	Retention  Retention `mapstructure:"retention"`
	// MaxSeries bounds the series of roll-ups and the combinations by which findings
	// are indexed; each may take 500 bytes of memory.
	MaxSeries int `mapstructure:"max_series"`
}

// Tokens are the credentials of the API. Writers may put policies, and read.
type Tokens struct {
	Readers []TokenSource `mapstructure:"readers"`
	Writers []TokenSource `mapstructure:"writers"`
}

// TokenSource is File, with a token on each line, or Env, the name of an
// environment variable.
type TokenSource struct {
	File string `mapstructure:"file"`
	Env  string `mapstructure:"env"`
}

// Retention is how long things are kept; negative is for ever.
type Retention struct {
	Findings time.Duration `mapstructure:"findings"`
	Minutes  time.Duration `mapstructure:"minutes"`
	Hours    time.Duration `mapstructure:"hours"`
	Policies time.Duration `mapstructure:"policies"`
	// MaxMiB is the size on disk, in MiB, at which the oldest goes early.
	MaxMiB int64 `mapstructure:"max_mib"`
	// Interval is how often the store is pruned.
	Interval time.Duration `mapstructure:"interval"`
}

func defaultConfig() *Config {
	r := store.Retention{}.WithDefaults()
	return &Config{
		Endpoint:  "127.0.0.1:4327",
		Data:      "dyetrace-data",
		MaxSeries: 65536,
		Retention: Retention{
			Findings: r.Findings, Minutes: r.Minutes, Hours: r.Hours, Policies: r.Policies,
			MaxMiB: r.Bytes >> 20, Interval: 5 * time.Minute,
		},
	}
}

// ConfigError says that the configuration, or what it names, cannot hold.
type ConfigError struct{ err error }

// Error implements error.
func (e *ConfigError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.err }

// ExitCode is that of wrong use.
func (*ConfigError) ExitCode() int { return 2 }

// Validate tells all that is wrong with the settings. It reads the tokens, and no
// other files.
func (c *Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %q: give host:port, such as 127.0.0.1:4327", c.Endpoint))
	}
	if c.Data == "" {
		errs = append(errs, errors.New("data: must name a folder"))
	}
	if c.MaxSeries < 1 {
		errs = append(errs, errors.New("max_series: must be above 0, such as 65536"))
	}
	if c.Retention.Interval <= 0 {
		errs = append(errs, errors.New("retention::interval: must be above 0, such as 5m"))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	_, err := c.credentials(nil)
	return err
}

// credentials reads the tokens, and tells whether the API may listen with them: a
// *ConfigError. None are nil, a state of its own for package api.
func (c *Config) credentials(logger *slog.Logger) (tokens *api.Credentials, err error) {
	sources := slices.Concat(c.Tokens.Readers, c.Tokens.Writers)
	if slices.ContainsFunc(sources, func(s TokenSource) bool { return (s.File == "") == (s.Env == "") }) {
		return nil, &ConfigError{errors.New("tokens: each source has either file or env")}
	}
	if len(sources) > 0 {
		if tokens, err = api.NewCredentials(sourcesOf(c.Tokens.Readers), sourcesOf(c.Tokens.Writers), time.Now, logger); err != nil {
			return nil, &ConfigError{err}
		}
	}
	if err := api.CheckListen(c.Endpoint, tokens, c.AllowOpen); err != nil {
		return nil, &ConfigError{err}
	}
	return tokens, nil
}

func (r Retention) store() store.Retention {
	bytes := int64(-1)
	if r.MaxMiB > 0 {
		bytes = r.MaxMiB << 20
	}
	return store.Retention{Findings: r.Findings, Minutes: r.Minutes, Hours: r.Hours, Policies: r.Policies, Bytes: bytes}
}

func sourcesOf(list []TokenSource) []api.TokenSource {
	out := make([]api.TokenSource, 0, len(list))
	for _, s := range list {
		out = append(out, api.TokenSource(s))
	}
	return out
}
