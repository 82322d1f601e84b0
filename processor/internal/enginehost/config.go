package enginehost

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/dyetrace/dyetrace/auditor"
)

// DefaultEngine is the engine's name where none is given.
const DefaultEngine = "default"

const (
	defaultTick   = time.Second
	defaultReload = 10 * time.Second
)

// Config is what the processor and the connector have in common. Components that
// share an engine may each leave it out; what two of them set must be equal.
type Config struct {
	// Engine names the engine; components of one collector that name the same one
	// share it.
	Engine string `mapstructure:"engine"`
	// Policy is the policy itself, with the fields of a policy file. At most one of
	// Policy, PolicyFile and PolicyExtension; none: the defaults of the policy file.
	Policy map[string]any `mapstructure:"policy"`
	// PolicyFile is a policy file. It is read at the start, where a bad one is an
	// error, and again whenever its content changes, where a bad one is refused.
	PolicyFile string `mapstructure:"policy_file"`
	// PolicyExtension is an extension that hands out policies
	// (package policysource).
	PolicyExtension *component.ID `mapstructure:"policy_extension"`
	// ReloadInterval is how often PolicyFile is looked at.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
	// TickInterval is how often windows are ended while no spans come.
	TickInterval time.Duration `mapstructure:"tick_interval"`
	// Restarted says that an earlier process took spans of the same traffic: until a
	// window has passed nobody is accused for want of an upstream.
	Restarted bool `mapstructure:"restarted"`
	// Limits bound the memory; 0 is the engine's default.
	Limits Limits `mapstructure:"limits"`
}

// Limits are auditor.Limits as settings.
type Limits struct {
	Spans     int `mapstructure:"spans"`
	Messages  int `mapstructure:"messages"`
	Tags      int `mapstructure:"tags"`
	Names     int `mapstructure:"names"`
	Resources int `mapstructure:"resources"`
	Findings  int `mapstructure:"findings"`
	Edges     int `mapstructure:"edges"`
}

// DefaultConfig returns the settings where nothing is set.
func DefaultConfig() Config {
	return Config{Engine: DefaultEngine, ReloadInterval: defaultReload, TickInterval: defaultTick}
}

// Validate tells all that is wrong with the settings. A policy file is not read:
// that is for the start.
func (c *Config) Validate() error {
	var errs []error
	if c.Engine == "" {
		errs = append(errs, fmt.Errorf("engine: must not be empty; leave it out for %q", DefaultEngine))
	}
	if n := c.policies(); n > 1 {
		errs = append(errs, errors.New("policy, policy_file and policy_extension: give only one of them"))
	}
	if c.Policy != nil {
		if _, _, err := parseInline(c.Policy); err != nil {
			errs = append(errs, err)
		}
	}
	if c.ReloadInterval <= 0 {
		errs = append(errs, errors.New("reload_interval: must be above 0, such as 10s"))
	}
	if c.TickInterval <= 0 || c.TickInterval > time.Minute {
		errs = append(errs, errors.New("tick_interval: must be above 0 and at most 1m, such as 1s"))
	}
	for _, l := range c.Limits.list() {
		if l.value < 0 {
			errs = append(errs, fmt.Errorf("limits::%s: must not be negative; 0 is the default", l.name))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) policies() int {
	n := 0
	for _, given := range [...]bool{c.Policy != nil, c.PolicyFile != "", c.PolicyExtension != nil} {
		if given {
			n++
		}
	}
	return n
}

type limit struct {
	name  string
	value int
}

func (l Limits) list() []limit {
	return []limit{
		{"spans", l.Spans},
		{"messages", l.Messages},
		{"tags", l.Tags},
		{"names", l.Names},
		{"resources", l.Resources},
		{"findings", l.Findings},
		{"edges", l.Edges},
	}
}

func (l Limits) engine() auditor.Limits {
	return auditor.Limits{
		MaxSpans: l.Spans, MaxMessages: l.Messages, MaxTags: l.Tags, MaxNames: l.Names,
		MaxResources: l.Resources, MaxFindings: l.Findings, MaxEdges: l.Edges,
	}
}
