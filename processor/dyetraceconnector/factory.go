package dyetraceconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector/internal/metadata"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// NewFactory returns the factory of the connector "dyetrace": traces to logs, the
// findings, and traces to metrics, the counts.
func NewFactory() connector.Factory {
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithTracesToLogs(createTracesToLogs, metadata.TracesToLogsStability),
		connector.WithTracesToMetrics(createTracesToMetrics, metadata.TracesToMetricsStability))
}

func createDefaultConfig() component.Config {
	return &Config{
		Shared:   enginehost.DefaultConfig(),
		Metrics:  MetricsConfig{Interval: defaultInterval, MaxSeries: defaultMaxSeries},
		Findings: FindingsConfig{MaxPending: defaultMaxPending},
	}
}

func createTracesToLogs(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Traces, error) {
	b, err := newBase(set, cfg.(*Config)) //nolint:forcetypeassert // the collector hands the factory's own type
	if err != nil {
		return nil, err
	}
	return newFindings(b, next), nil
}

func createTracesToMetrics(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Traces, error) {
	b, err := newBase(set, cfg.(*Config)) //nolint:forcetypeassert // the collector hands the factory's own type
	if err != nil {
		return nil, err
	}
	return newCounts(b, next), nil
}
