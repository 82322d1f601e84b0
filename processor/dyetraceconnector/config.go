package dyetraceconnector

import (
	"errors"
	"time"

	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// Config is the connector's settings; docs/collector.md explains them.
type Config struct {
	// Shared is what the components of one engine have in common: engine, policy
	// and limits.
	Shared   enginehost.Config `mapstructure:",squash"`
	Metrics  MetricsConfig     `mapstructure:"metrics"`
	Findings FindingsConfig    `mapstructure:"findings"`
	// RunOutOnShutdown lets all windows end at the shutdown, so that everything open
	// is decided as if nothing more would ever come. For tests and replays: in
	// service it accuses what is merely on its way.
	RunOutOnShutdown bool `mapstructure:"run_out_on_shutdown"`
}

// MetricsConfig is for traces to metrics.
type MetricsConfig struct {
	// Interval is how often the counts are given out.
	Interval time.Duration `mapstructure:"interval"`
	// MaxSeries bounds the series of each metric; what is beyond goes into one
	// series with the attribute otel.metric.overflow.
	MaxSeries int `mapstructure:"max_series"`
	// Edges adds gray.edges, the hops between workloads.
	Edges bool `mapstructure:"edges"`
}

// FindingsConfig is for traces to logs.
type FindingsConfig struct {
	// MaxPending bounds the findings that wait for the logs pipeline. At the limit
	// spans are refused, with an error that asks to send them again.
	MaxPending int `mapstructure:"max_pending"`
}

// The defaults.
const (
	defaultInterval   = 10 * time.Second
	defaultMaxSeries  = 4096
	defaultMaxPending = 10_000
)

// Validate tells all that is wrong beyond the shared settings.
func (c *Config) Validate() error {
	var errs []error
	if c.Metrics.Interval <= 0 {
		errs = append(errs, errors.New("metrics::interval: must be above 0, such as 10s"))
	}
	if c.Metrics.MaxSeries < 1 {
		errs = append(errs, errors.New("metrics::max_series: must be above 0, such as 4096"))
	}
	if c.Findings.MaxPending < 1 {
		errs = append(errs, errors.New("findings::max_pending: must be above 0, such as 10000"))
	}
	return errors.Join(errs...)
}
