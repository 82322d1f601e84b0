package dyetraceprocessor

import "github.com/dyetrace/dyetrace/processor/internal/enginehost"

// Config is the processor's settings; docs/collector.md explains them.
type Config struct {
	// Shared is what the components of one engine have in common: engine, policy
	// and limits.
	Shared enginehost.Config `mapstructure:",squash"`
}
