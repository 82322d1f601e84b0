package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// traceComponent is a collector component that takes traces.
type traceComponent interface {
	component.Component
	ConsumeTraces(context.Context, ptrace.Traces) error
}

// peer feeds a collector component.
type peer struct {
	spans     *workload.Round
	component traceComponent
	// released counts the spans that came out; nil: the component is synchronous.
	released *atomic.Int64
	sent     int64
	batches  []ptrace.Traces
	own      bool // the component takes the batches over, so it gets copies
	clock    int64
}

func (p *peer) Prepare() error {
	p.clock += int64(time.Minute)
	p.spans.Fresh(p.clock)
	p.batches = p.spans.Batches()
	if p.own {
		p.batches = p.spans.Copies()
		runtime.GC()
	}
	return nil
}

func (p *peer) Pass() (int, error) {
	for i, td := range p.batches {
		if err := p.component.ConsumeTraces(context.Background(), td); err != nil {
			return 0, err
		}
		if p.own {
			p.batches[i] = ptrace.Traces{}
		}
	}
	p.sent += workload.Spans
	return workload.Spans, p.drain()
}

// drain waits for the component to release all spans that it got.
func (p *peer) drain() error {
	if p.released == nil {
		return nil
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		if p.released.Load() >= p.sent {
			return nil
		}
		<-tick.C
	}
	return fmt.Errorf("only %d of %d spans came out within a minute", p.released.Load(), p.sent)
}

func (p *peer) Close() error {
	err := p.component.Shutdown(context.Background())
	if p.released != nil && p.released.Load() > p.sent {
		err = errors.Join(err, errors.New("more spans came out than went in"))
	}
	return err
}

func openSpanmetrics(w *workload.Round) (measure.Subject, error) {
	f := spanmetricsconnector.NewFactory()
	cfg, err := configure(f.CreateDefaultConfig(), map[string]any{
		"dimensions":             []any{map[string]any{"name": "gray.env"}, map[string]any{"name": "messaging.destination.name"}},
		"metrics_flush_interval": "1h",
	})
	if err != nil {
		return nil, err
	}
	c, err := f.CreateTracesToMetrics(context.Background(), connectortest.NewNopSettings(f.Type()), cfg, consumertest.NewNop())
	if err != nil {
		return nil, err
	}
	return &peer{spans: w, component: c}, c.Start(context.Background(), componenttest.NewNopHost())
}

func openTailSampling(w *workload.Round) (measure.Subject, error) {
	return openProcessor(w, tailsamplingprocessor.NewFactory(), tailConfig("1s"))
}

func openGroupByTrace(w *workload.Round) (measure.Subject, error) {
	return openProcessor(w, groupbytraceprocessor.NewFactory(), groupConfig("1s"))
}

// tailConfig is the cheapest policy there is: every trace is kept, so that the
// spans that come out tell when the work is done.
func tailConfig(wait string) map[string]any {
	return map[string]any{
		"decision_wait": wait, "num_traces": 100_000,
		"policies": []any{map[string]any{"name": "all", "type": "always_sample"}},
	}
}

func groupConfig(wait string) map[string]any {
	return map[string]any{"wait_duration": wait, "num_traces": 100_000}
}

func openProcessor(w *workload.Round, f processor.Factory, settings map[string]any) (*peer, error) {
	cfg, err := configure(f.CreateDefaultConfig(), settings)
	if err != nil {
		return nil, err
	}
	p := &peer{spans: w, released: new(atomic.Int64)}
	next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
		p.released.Add(int64(td.SpanCount()))
		return nil
	})
	if err != nil {
		return nil, err
	}
	c, err := f.CreateTraces(context.Background(), processortest.NewNopSettings(f.Type()), cfg, next)
	if err != nil {
		return nil, err
	}
	p.component, p.own = c, c.Capabilities().MutatesData
	return p, c.Start(context.Background(), componenttest.NewNopHost())
}

// configure sets values of a component's default configuration.
func configure(cfg component.Config, values map[string]any) (component.Config, error) {
	err := confmap.NewFromStringMap(values).Unmarshal(cfg)
	if v, ok := cfg.(interface{ Validate() error }); ok && err == nil {
		err = v.Validate()
	}
	return cfg, err
}
