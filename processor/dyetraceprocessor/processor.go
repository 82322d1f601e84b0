package dyetraceprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"

	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor/internal/metadata"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// flagger judges the spans that pass and flags those that bring a violation to
// light. It is safe for concurrent use.
type flagger struct {
	set       processor.Settings
	cfg       *Config
	telemetry *metadata.TelemetryBuilder
	member    *enginehost.Member // nil before the start
}

func newProcessor(set processor.Settings, cfg *Config) (*flagger, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &flagger{set: set, cfg: cfg, telemetry: telemetry}, nil
}

func (p *flagger) start(_ context.Context, host component.Host) error {
	member, err := enginehost.Join(enginehost.Settings{
		Role: enginehost.Processor, ID: p.set.ID, Telemetry: p.set.TelemetrySettings, Host: host, Config: p.cfg.Shared,
	})
	if err != nil {
		return err
	}
	p.member = member
	return p.observe()
}

func (p *flagger) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	if p.member != nil {
		p.member.Leave()
	}
	return nil
}

// process never fails and never holds: the audit must not cost a span. Where too
// many findings wait for delivery the spans go through without being judged.
func (p *flagger) process(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	if n := strip(td); n > 0 {
		p.telemetry.ProcessorDyetraceFlagsStripped.Add(ctx, int64(n))
	}
	found, _, ok := p.member.Feed(td)
	switch {
	case !ok:
		p.telemetry.ProcessorDyetraceSpansSkipped.Add(ctx, int64(td.SpanCount()))
	case len(found) > 0:
		p.telemetry.ProcessorDyetraceSpansFlagged.Add(ctx, int64(flag(td, found)))
	}
	return td, nil
}
