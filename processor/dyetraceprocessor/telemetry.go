package dyetraceprocessor

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/dyetrace/dyetrace/auditor"
)

// observe tells the engine's own counts, where the engine began with this
// component.
func (p *flagger) observe() error {
	if !p.member.First() {
		return nil
	}
	t := p.telemetry
	return errors.Join(
		t.RegisterProcessorDyetraceEngineSpansCallback(p.stat(func(s auditor.Stats) uint64 { return s.Spans })),
		t.RegisterProcessorDyetraceEngineDuplicatesCallback(p.stat(func(s auditor.Stats) uint64 { return s.Duplicates })),
		t.RegisterProcessorDyetraceEngineInvalidCallback(p.stat(func(s auditor.Stats) uint64 { return s.Invalid })),
		t.RegisterProcessorDyetraceEngineLateCallback(p.stat(func(s auditor.Stats) uint64 { return s.Late })),
		t.RegisterProcessorDyetraceEngineEvictedCallback(p.stat(func(s auditor.Stats) uint64 { return s.Evicted })),
		t.RegisterProcessorDyetraceEngineFactsCallback(p.stat(func(s auditor.Stats) uint64 { return uint64(s.Facts) })),
		t.RegisterProcessorDyetraceEngineMessagesCallback(p.stat(func(s auditor.Stats) uint64 { return uint64(s.Messages) })),
		t.RegisterProcessorDyetraceEngineFindingsOpenCallback(p.stat(func(s auditor.Stats) uint64 { return uint64(s.Open) })),
		t.RegisterProcessorDyetracePolicyUpdatesCallback(func(_ context.Context, o metric.Int64Observer) error {
			_, updates := p.member.Stats()
			o.Observe(int64(updates.Applied), metric.WithAttributes(attribute.String("outcome", "applied")))
			o.Observe(int64(updates.Refused), metric.WithAttributes(attribute.String("outcome", "refused")))
			return nil
		}),
	)
}

func (p *flagger) stat(pick func(auditor.Stats) uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		s, _ := p.member.Stats()
		o.Observe(int64(pick(s)))
		return nil
	}
}
