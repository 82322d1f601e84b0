package collectortest

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Sinks keeps what the exporters "sink" and "sink/name" get. It is safe for
// concurrent use.
type Sinks struct {
	mu      sync.Mutex
	traces  map[string][]ptrace.Traces
	logs    map[string][]plog.Logs
	metrics map[string][]pmetric.Metrics
	refuse  func(name string) error
}

func newSinks() *Sinks {
	return &Sinks{traces: map[string][]ptrace.Traces{}, logs: map[string][]plog.Logs{}, metrics: map[string][]pmetric.Metrics{}, refuse: func(string) error { return nil }}
}

// Refuse makes sinks ask f before they take something; its error goes back.
func (s *Sinks) Refuse(f func(name string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// Traces returns the batches that a sink got, in order.
func (s *Sinks) Traces(name string) []ptrace.Traces { return get(s, s.traces, name) }

// Logs returns the logs that a sink got, in order.
func (s *Sinks) Logs(name string) []plog.Logs { return get(s, s.logs, name) }

// Metrics returns the metrics that a sink got, in order.
func (s *Sinks) Metrics(name string) []pmetric.Metrics { return get(s, s.metrics, name) }

func get[T any](s *Sinks, from map[string][]T, name string) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]T(nil), from[name]...)
}

func put[T any](s *Sinks, to map[string][]T, name string, v T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse(name); err != nil {
		return err
	}
	to[name] = append(to[name], v)
	return nil
}

func (s *Sinks) factory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("sink"), func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(_ context.Context, set exporter.Settings, _ component.Config) (exporter.Traces, error) {
			c, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error { return put(s, s.traces, set.ID.Name(), copied(td)) })
			return tracesSink{Traces: c}, err
		}, component.StabilityLevelDevelopment),
		exporter.WithLogs(func(_ context.Context, set exporter.Settings, _ component.Config) (exporter.Logs, error) {
			c, err := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error { return put(s, s.logs, set.ID.Name(), ld) })
			return logsSink{Logs: c}, err
		}, component.StabilityLevelDevelopment),
		exporter.WithMetrics(func(_ context.Context, set exporter.Settings, _ component.Config) (exporter.Metrics, error) {
			c, err := consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error { return put(s, s.metrics, set.ID.Name(), md) })
			return metricsSink{Metrics: c}, err
		}, component.StabilityLevelDevelopment))
}

// copied keeps a batch as it was given: other pipelines may share it.
func copied(td ptrace.Traces) ptrace.Traces {
	own := ptrace.NewTraces()
	td.CopyTo(own)
	return own
}

// none is a component that needs no start.
type none struct{}

func (none) Start(context.Context, component.Host) error { return nil }
func (none) Shutdown(context.Context) error              { return nil }

type tracesSink struct {
	none
	consumer.Traces
}

type logsSink struct {
	none
	consumer.Logs
}

type metricsSink struct {
	none
	consumer.Metrics
}
