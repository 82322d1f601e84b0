package auditdexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/processor/findinglog"
)

// storing is both halves of the exporter.
type storing struct {
	logger    *zap.Logger
	telemetry *instruments
	keeper    Keeper // set at the start
}

// batch is findings of one run, in the order in which they were told.
type batch struct {
	run      string
	findings []auditor.Finding
}

// logs stores findings. On an error some of the batches may be stored: all may
// come again.
func (e *storing) logs(ctx context.Context, ld plog.Logs) error {
	for _, b := range e.decode(ctx, ld) {
		if err := e.apply(ctx, b); err != nil {
			e.telemetry.failed(ctx, "findings", err)
			return err
		}
	}
	return nil
}

// decode cuts the findings where the run changes. What is no finding is counted
// and left out.
func (e *storing) decode(ctx context.Context, ld plog.Logs) []batch {
	var list []batch
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, r := range sl.LogRecords().All() {
				f, run, ok, err := findinglog.Decode(r)
				switch {
				case err != nil:
					e.refused(ctx, "a log record is no whole finding", err)
				case !ok:
					e.telemetry.ignored.Add(ctx, 1)
				case len(list) > 0 && list[len(list)-1].run == run:
					list[len(list)-1].findings = append(list[len(list)-1].findings, f)
				default:
					list = append(list, batch{run, []auditor.Finding{f}})
				}
			}
		}
	}
	return list
}

// apply stores a batch; where the store cannot hold one of it, all the others.
func (e *storing) apply(ctx context.Context, b batch) error {
	began := time.Now()
	err := e.keeper.Store().Apply(ctx, b.run, began, b.findings)
	if errors.Is(err, store.ErrInvalid) && len(b.findings) > 1 {
		for i := range b.findings {
			if err := e.apply(ctx, batch{b.run, b.findings[i : i+1]}); err != nil {
				return err
			}
		}
		return nil
	}
	switch {
	case errors.Is(err, store.ErrInvalid):
		e.refused(ctx, "the store does not take a finding", err)
		return nil
	case err != nil:
		return err
	}
	e.telemetry.stored.Add(ctx, int64(len(b.findings)))
	e.telemetry.wrote(ctx, "findings", time.Since(began))
	e.keeper.Stored()
	return nil
}

// refused takes note of something that no repetition makes better.
func (e *storing) refused(ctx context.Context, what string, err error) {
	e.telemetry.invalid.Add(ctx, 1)
	e.logger.Error("Left out: "+what+".", zap.Error(err))
}

// metrics stores counts and shows them. What is shown need not be stored yet:
// counts are cumulative, the next ones make up for it.
func (e *storing) metrics(ctx context.Context, md pmetric.Metrics) error {
	e.keeper.Show(md)
	for _, t := range totalsOf(md) {
		began := time.Now()
		err := e.keeper.Store().AddRollup(ctx, t.run, t.at, t.list)
		switch {
		case errors.Is(err, store.ErrInvalid):
			e.refused(ctx, "the store does not take counts", err)
		case err != nil:
			e.telemetry.failed(ctx, "counts", err)
			return err
		default:
			e.telemetry.totals.Add(ctx, int64(len(t.list)))
			e.telemetry.wrote(ctx, "counts", time.Since(began))
		}
	}
	return nil
}
