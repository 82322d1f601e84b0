package auditdexporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Type is the exporter's name in a configuration.
const Type = "auditd"

// Keeper is what the exporter needs of an extension.
type Keeper interface {
	// Store returns the store, which is open while the pipelines run.
	Store() store.Store
	// Stored says that findings were stored.
	Stored()
	// Show takes the newest counts for Prometheus; they are not kept.
	Show(pmetric.Metrics)
}

// Config is the exporter's settings.
type Config struct {
	// Extension has the store.
	Extension component.ID `mapstructure:"extension"`
	// Timeout of one write.
	Timeout time.Duration `mapstructure:"timeout"`
}

// Validate tells what is wrong.
func (c *Config) Validate() error {
	if c.Timeout <= 0 {
		return errors.New("timeout: must be above 0, such as 10s")
	}
	return nil
}

// defaultTimeout leaves room for a slow disk and stays below the 30 s and more
// that senders wait.
const defaultTimeout = 10 * time.Second

// NewFactory returns the factory of the exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType(Type), createDefaultConfig,
		exporter.WithLogs(createLogs, component.StabilityLevelBeta),
		exporter.WithMetrics(createMetrics, component.StabilityLevelBeta))
}

func createDefaultConfig() component.Config {
	return &Config{Extension: component.MustNewID("auditd"), Timeout: defaultTimeout}
}

func createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	e, options, err := newExporter(set, cfg)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, e.logs, options...)
}

func createMetrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	e, options, err := newExporter(set, cfg)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, cfg, e.metrics, options...)
}

func newExporter(set exporter.Settings, cfg component.Config) (*storing, []exporterhelper.Option, error) {
	c := cfg.(*Config) //nolint:forcetypeassert // the collector hands the factory's own type
	t, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, nil, err
	}
	e := &storing{logger: set.Logger, telemetry: t}
	return e, []exporterhelper.Option{
		exporterhelper.WithStart(func(_ context.Context, host component.Host) (err error) {
			e.keeper, err = findKeeper(host, c.Extension)
			return err
		}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: c.Timeout}),
		exporterhelper.WithCapabilities(consumer.Capabilities{}),
	}, nil
}

func findKeeper(host component.Host, id component.ID) (Keeper, error) {
	ext, found := host.GetExtensions()[id]
	if !found {
		return nil, fmt.Errorf("extension: %s is not among service::extensions", id)
	}
	k, ok := ext.(Keeper)
	if !ok {
		return nil, fmt.Errorf("extension: %s has no store of findings", id)
	}
	return k, nil
}
