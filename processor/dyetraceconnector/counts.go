package dyetraceconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector/internal/metadata"
	"github.com/dyetrace/dyetrace/processor/findinglog"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// counts is traces to metrics: the counts of the engine, every interval and at the
// shutdown. They are cumulative, so a refused delivery loses nothing.
type counts struct {
	*base
	next   consumer.Metrics
	meters *meters // used by run, then by Shutdown
}

func newCounts(b *base, next consumer.Metrics) *counts {
	return &counts{base: b, next: next, meters: newMeters(b.cfg.Metrics)}
}

// Start joins the engine.
func (c *counts) Start(_ context.Context, host component.Host) error {
	return c.join(enginehost.MetricsConnector, host, c.run)
}

// Shutdown gives out the counts for the last time.
func (c *counts) Shutdown(ctx context.Context) error { return c.end(ctx, c.deliver) }

// ConsumeTraces judges spans, unless another component of the engine does.
func (c *counts) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if !c.member.Feeds() {
		return nil
	}
	if _, _, ok := c.member.Feed(td); !ok {
		c.telemetry.ConnectorDyetraceSpansRefused.Add(ctx, int64(td.SpanCount()))
		return errPending
	}
	return nil
}

func (c *counts) run(ctx context.Context) {
	interval := time.NewTicker(c.cfg.Metrics.Interval)
	defer interval.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-interval.C:
			_ = c.deliver(ctx) // told and counted there
		}
	}
}

func (c *counts) deliver(ctx context.Context) error {
	list := c.member.Snapshots()
	out := pmetric.NewMetrics()
	for i := range list {
		c.write(ctx, out.ResourceMetrics().AppendEmpty(), &list[i])
	}
	if err := c.next.ConsumeMetrics(ctx, out); err != nil {
		return c.failed(ctx, "counts", err)
	}
	c.member.Delivered(len(list) - 1)
	return nil
}

func (c *counts) write(ctx context.Context, rm pmetric.ResourceMetrics, s *enginehost.Snapshot) {
	rm.Resource().Attributes().PutStr(findinglog.KeyRun, s.Run)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(metadata.ScopeName)
	sm.Scope().SetVersion(c.set.BuildInfo.Version)
	span := times{pcommon.NewTimestampFromTime(s.Started), pcommon.NewTimestampFromTime(s.Taken)}
	for _, m := range c.meters.fill(s) {
		m.write(sm.Metrics(), span)
		if n := m.takeOverflowed(); n > 0 {
			c.telemetry.ConnectorDyetraceSeriesOverflowed.Add(ctx, n, metric.WithAttributes(attribute.String("metric", m.name)))
		}
	}
}
