package auditdexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// instruments are the exporter's own metrics; docs/operations.md explains them.
type instruments struct {
	stored, totals, ignored, invalid, failures metric.Int64Counter
	duration                                   metric.Float64Histogram
}

func newTelemetry(set component.TelemetrySettings) (*instruments, error) {
	m := set.MeterProvider.Meter("github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdexporter")
	var errs []error
	counter := func(name, unit, help string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs = append(errs, err)
		return c
	}
	t := &instruments{
		stored:   counter("auditd.store.findings.written", "{findings}", "Findings, upgrades and withdrawals that were written to the store."),
		totals:   counter("auditd.store.totals.written", "{totals}", "Totals of series that were written to the roll-ups."),
		ignored:  counter("auditd.store.records.ignored", "{records}", "Log records that are no findings."),
		invalid:  counter("auditd.store.records.invalid", "{records}", "Findings and counts that were left out because the store cannot hold them."),
		failures: counter("auditd.store.failures", "{writes}", "Writes that failed and are asked for again."),
	}
	h, err := m.Float64Histogram("auditd.store.write.duration", metric.WithUnit("s"),
		metric.WithDescription("Time until a write was durable."),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	t.duration = h
	return t, errors.Join(append(errs, err)...)
}

func (t *instruments) wrote(ctx context.Context, what string, d time.Duration) {
	t.duration.Record(ctx, d.Seconds(), metric.WithAttributes(attribute.String("what", what)))
}

func (t *instruments) failed(ctx context.Context, what string, err error) {
	t.failures.Add(ctx, 1, metric.WithAttributes(attribute.String("what", what), attribute.String("reason", reason(err))))
}

// reason is one of few words, fit for a metric.
func reason(err error) string {
	for _, r := range []struct {
		err  error
		word string
	}{
		{store.ErrFull, "full"},
		{store.ErrFileLimit, "file_limit"},
		{store.ErrReadOnly, "read_only"},
		{store.ErrBusy, "busy"},
		{store.ErrCorrupt, "damaged"},
		{store.ErrClosed, "closed"},
		{context.DeadlineExceeded, "timeout"},
		{context.Canceled, "canceled"},
	} {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return "other"
}
