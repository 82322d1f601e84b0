package dyetraceconnector

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/dyetrace/dyetrace/auditor"
)

// observe tells what waits and, where the engine began with this component, the
// engine's own counts.
func (b *base) observe() error {
	t := b.telemetry
	var err error
	if box := b.member.Outbox(); box != nil {
		err = t.RegisterConnectorDyetraceFindingsPendingCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(box.Pending()))
			return nil
		})
	}
	if !b.member.First() {
		return err
	}
	return errors.Join(
		err,
		t.RegisterConnectorDyetraceEngineSpansCallback(b.stat(func(s auditor.Stats) uint64 { return s.Spans })),
		t.RegisterConnectorDyetraceEngineDuplicatesCallback(b.stat(func(s auditor.Stats) uint64 { return s.Duplicates })),
		t.RegisterConnectorDyetraceEngineInvalidCallback(b.stat(func(s auditor.Stats) uint64 { return s.Invalid })),
		t.RegisterConnectorDyetraceEngineLateCallback(b.stat(func(s auditor.Stats) uint64 { return s.Late })),
		t.RegisterConnectorDyetraceEngineEvictedCallback(b.stat(func(s auditor.Stats) uint64 { return s.Evicted })),
		t.RegisterConnectorDyetraceEngineFactsCallback(b.stat(func(s auditor.Stats) uint64 { return uint64(s.Facts) })),
		t.RegisterConnectorDyetraceEngineMessagesCallback(b.stat(func(s auditor.Stats) uint64 { return uint64(s.Messages) })),
		t.RegisterConnectorDyetraceEngineFindingsOpenCallback(b.stat(func(s auditor.Stats) uint64 { return uint64(s.Open) })),
		t.RegisterConnectorDyetracePolicyUpdatesCallback(func(_ context.Context, o metric.Int64Observer) error {
			_, updates := b.member.Stats()
			o.Observe(int64(updates.Applied), metric.WithAttributes(attribute.String("outcome", "applied")))
			o.Observe(int64(updates.Refused), metric.WithAttributes(attribute.String("outcome", "refused")))
			return nil
		}),
	)
}

func (b *base) stat(pick func(auditor.Stats) uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		s, _ := b.member.Stats()
		o.Observe(int64(pick(s)))
		return nil
	}
}
