package dyetraceconnector

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector/internal/metadata"
	"github.com/dyetrace/dyetrace/processor/findinglog"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// most findings go into one delivery.
const most = 1000

// findings is traces to logs. A batch of spans is accepted when every finding told
// until then is: one caller delivers for all that wait (the turn), so that the
// order of findings holds.
type findings struct {
	*base
	next consumer.Logs
	turn chan struct{}
}

func newFindings(b *base, next consumer.Logs) *findings {
	return &findings{base: b, next: next, turn: make(chan struct{}, 1)}
}

// Start joins the engine.
func (c *findings) Start(_ context.Context, host component.Host) error {
	return c.join(enginehost.LogsConnector, host, c.run)
}

// Shutdown delivers what waits, until ctx ends.
func (c *findings) Shutdown(ctx context.Context) error {
	return c.end(ctx, func(ctx context.Context) error {
		if err := c.flush(ctx, c.member.Outbox().Last()); err != nil {
			return fmt.Errorf("%d findings are not delivered: %w", c.member.Outbox().Pending(), err)
		}
		return nil
	})
}

// ConsumeTraces judges spans and returns when their findings are accepted.
func (c *findings) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	box := c.member.Outbox()
	if !c.member.Feeds() {
		return c.flush(ctx, box.Last())
	}
	if box.Full() {
		if err := c.flush(ctx, box.Last()); err != nil {
			return c.refuse(ctx, td, err)
		}
	}
	_, last, ok := c.member.Feed(td)
	if !ok {
		return c.refuse(ctx, td, errPending)
	}
	return c.flush(ctx, last)
}

func (c *findings) refuse(ctx context.Context, td ptrace.Traces, err error) error {
	c.telemetry.ConnectorDyetraceSpansRefused.Add(ctx, int64(td.SpanCount()))
	return err
}

// run delivers what is told while no spans come, and again what was refused.
func (c *findings) run(ctx context.Context) {
	box := c.member.Outbox()
	for {
		var again <-chan time.Time
		if box.Pending() > 0 {
			again = time.After(c.cfg.Shared.TickInterval)
		}
		select {
		case <-ctx.Done():
			return
		case <-box.Wake():
		case <-again:
		}
		_ = c.flush(ctx, box.Last()) // told and counted there; tried again
	}
}

// flush returns when the findings up to a number are delivered.
func (c *findings) flush(ctx context.Context, upTo uint64) error {
	box := c.member.Outbox()
	if box.Delivered() >= upTo {
		return nil
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return c.failed(ctx, "findings", ctx.Err())
	}
	for box.Delivered() < upTo {
		list := box.Peek(most)
		if err := c.next.ConsumeLogs(ctx, c.logs(list)); err != nil {
			return c.failed(ctx, "findings", err)
		}
		box.Pop(len(list))
		c.telemetry.ConnectorDyetraceFindingsDelivered.Add(ctx, int64(len(list)))
	}
	return nil
}

func (c *findings) logs(list []enginehost.Told) plog.Logs {
	logs := plog.NewLogs()
	sl := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	sl.Scope().SetName(metadata.ScopeName)
	sl.Scope().SetVersion(c.set.BuildInfo.Version)
	sl.LogRecords().EnsureCapacity(len(list))
	now := time.Now()
	for i := range list {
		findinglog.Append(sl.LogRecords(), list[i].Finding, list[i].Run, now)
	}
	return logs
}
