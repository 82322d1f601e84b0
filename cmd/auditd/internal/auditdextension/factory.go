package auditdextension

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
)

// Type is the extension's name in a configuration.
const Type = "auditd"

// Hooks tie the extension to its process. The zero value is usable.
type Hooks struct {
	// Reload asks to read the policy file again.
	Reload <-chan struct{}
	// Ready is called when the pipelines run.
	Ready func(Info)
	// Own are more metrics for /metrics: the collector's.
	Own prometheus.Gatherer
}

// Info is where a running extension is.
type Info struct {
	API    string // URL
	Data   string // folder of the store
	Policy string // what holds, in few words
}

// NewFactory returns the factory of the extension.
func NewFactory(h Hooks) extension.Factory {
	return extension.NewFactory(component.MustNewType(Type),
		func() component.Config { return defaultConfig() },
		func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
			return newAuditd(set, cfg.(*Config), h), nil //nolint:forcetypeassert // the collector hands the factory's own type
		}, component.StabilityLevelBeta)
}
