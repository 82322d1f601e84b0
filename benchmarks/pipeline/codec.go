package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor"
)

// codec is the least that any pipeline does: OTLP protobuf to pdata, and back.
type codec struct {
	ctx   context.Context
	spans *workload.Round
	wire  [][]byte
	clock int64
	first consumer.Traces
	audit component.Component // nil: without
	size  int
}

// measureCodec measures it without and with the processor, in turns.
func measureCodec(ctx context.Context, o options) ([]pair, error) {
	plain, err := newCodec(ctx, false)
	if err != nil {
		return nil, err
	}
	audited, err := newCodec(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := audited.run(warmUp); err != nil {
		return nil, err
	}
	var out []pair
	for range o.runs {
		var p pair
		for range slices {
			if err := sample(plain, o.atLeast/slices, &p.plain); err != nil {
				return nil, err
			}
			if err := sample(audited, o.atLeast/slices, &p.audited); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, errors.Join(plain.Close(), audited.Close())
}

// slices is how often the two take turns within a run: what else the machine does
// meets both.
const slices = 10

func sample(c *codec, atLeast time.Duration, sum *measure.Cost) error {
	cost, err := measure.Sample(c, atLeast)
	sum.CPU += cost.CPU
	sum.Spans += cost.Spans
	return err
}

func newCodec(ctx context.Context, audit bool) (*codec, error) {
	c := &codec{ctx: ctx, spans: workload.New(1), clock: time.Now().UnixNano()}
	last, err := consumer.NewTraces(c.encode)
	if err != nil {
		return nil, err
	}
	c.first = last
	if !audit {
		return c, nil
	}
	f := dyetraceprocessor.NewFactory()
	cfg := f.CreateDefaultConfig() // with rare ticks: windows end with the spans, in the audited turns
	if err := confmap.NewFromStringMap(map[string]any{"tick_interval": "1m", "policy": map[string]any{
		"version": 1, "origins": []any{"gateway"}, "windows": map[string]any{"pair": "2s", "liveness": "10s", "stranded": "5s", "grace": "1s"},
	}}).Unmarshal(cfg); err != nil {
		return nil, err
	}
	p, err := f.CreateTraces(ctx, processortest.NewNopSettings(f.Type()), cfg, last)
	if err != nil {
		return nil, err
	}
	c.first, c.audit = p, p
	return c, p.Start(ctx, componenttest.NewNopHost())
}

// run warms up.
func (c *codec) run(d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := c.Prepare(); err != nil {
			return err
		}
		if _, err := c.Pass(); err != nil {
			return err
		}
	}
	return nil
}

// Prepare makes the bytes of new traces.
func (c *codec) Prepare() error {
	c.clock = time.Now().UnixNano()
	c.spans.Fresh(c.clock)
	var err error
	c.wire, err = workload.Encode(c.spans.Batches())
	return err
}

// Pass sends a round through.
func (c *codec) Pass() (int, error) {
	var u ptrace.ProtoUnmarshaler
	for _, b := range c.wire {
		td, err := u.UnmarshalTraces(b)
		if err != nil {
			return 0, err
		}
		if err := c.first.ConsumeTraces(c.ctx, td); err != nil {
			return 0, err
		}
	}
	return workload.Spans, nil
}

func (c *codec) encode(_ context.Context, td ptrace.Traces) error {
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	c.size += len(b)
	return err
}

// Close ends the processor.
func (c *codec) Close() error {
	if c.audit == nil {
		return nil
	}
	return c.audit.Shutdown(c.ctx)
}
