package dyetraceconnector

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector/internal/metadata"
)

// leaks is a batch with n calls that each leak.
func leaks(trace byte, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	span := func(service, home string, i int, parent pcommon.SpanID, id pcommon.SpanID) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		rs.Resource().Attributes().PutStr("gray.home", home)
		sp := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		sp.SetTraceID(pcommon.TraceID{trace, byte(i >> 8), byte(i)})
		sp.SetSpanID(id)
		sp.SetParentSpanID(parent)
		sp.SetKind(ptrace.SpanKindServer)
		sp.SetName("GET")
		sp.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		sp.Attributes().PutStr("gray.env", "gray")
	}
	for i := 1; i <= n; i++ {
		span("gateway", "base", i, pcommon.SpanID{}, pcommon.SpanID{1})
		span("svc-a", "base", i, pcommon.SpanID{1}, pcommon.SpanID{2})
	}
	return td
}

func leaky() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Shared.Policy = map[string]any{"version": 1, "origins": []any{"gateway"}, "alive": []any{map[string]any{"service": "svc-a", "home": "gray"}}}
	return cfg
}

// valve is a logs consumer that can be closed.
type valve struct {
	mu     sync.Mutex
	err    error
	block  chan struct{} // nil: does not block
	logs   consumertest.LogsSink
	called int
}

func (v *valve) set(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

func (*valve) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (v *valve) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	v.mu.Lock()
	v.called++
	err, block := v.err, v.block
	v.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	return v.logs.ConsumeLogs(ctx, ld)
}

// pass lets time pass inside a synctest bubble, and all work that it causes.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock, not the real one
	synctest.Wait()
}

func settings(t *testing.T) connector.Settings {
	t.Helper()
	set := connectortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings.Resource.Attributes().PutStr("service.instance.id", t.Name())
	return set
}

func startFindings(t *testing.T, cfg *Config, next consumer.Logs) connector.Traces {
	t.Helper()
	c, err := createTracesToLogs(t.Context(), settings(t), cfg, next)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	return c
}

// The next pipeline refuses: the error asks to come again, even where it did not,
// the findings are kept, and the bound holds before the engine sees more.
func TestRefusalIsBackPressure(t *testing.T) {
	for name, refusal := range map[string]error{"retryable": errors.New("full"), "permanent": consumererror.NewPermanent(errors.New("no"))} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg, next := leaky(), &valve{err: refusal}
				cfg.Findings.MaxPending = 15
				c := startFindings(t, cfg, next)
				for i := range 2 {
					err := c.ConsumeTraces(t.Context(), leaks(byte(i+1), 10))
					require.Error(t, err)
					require.False(t, consumererror.IsPermanent(err))
				}
				stats, _ := c.(*findings).member.Stats()
				require.EqualValues(t, 40, stats.Spans, "one batch may go past the bound")
				for range 10 {
					require.Error(t, c.ConsumeTraces(t.Context(), leaks(3, 10)))
				}
				later, _ := c.(*findings).member.Stats()
				require.Equal(t, stats, later, "at the bound nothing is judged")

				next.set(nil)
				pass(2 * cfg.Shared.TickInterval)
				require.Equal(t, 20, next.logs.LogRecordCount(), "what waits goes out by itself")
				require.NoError(t, c.ConsumeTraces(t.Context(), leaks(3, 10)))
				require.Equal(t, 30, next.logs.LogRecordCount())
				require.NoError(t, c.Shutdown(t.Context()))
			})
		})
	}
}

// A caller whose time is up does not wait for a slow pipeline; its findings go out
// with the next delivery, in order and once.
func TestSlowPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &valve{block: make(chan struct{})}
		c := startFindings(t, leaky(), next)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		for i := range 5 {
			callers.Go(func() {
				if err := c.ConsumeTraces(ctx, leaks(byte(i+1), 10)); err == nil {
					panic("accepted before it was delivered")
				}
			})
		}
		callers.Wait()
		close(next.block)
		require.NoError(t, c.Shutdown(t.Context()))
		require.Equal(t, 50, next.logs.LogRecordCount())
	})
}

// A shutdown that cannot deliver says how much is lost, within its deadline.
func TestShutdownTellsWhatIsNotDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &valve{err: errors.New("full")}
		c := startFindings(t, leaky(), next)
		require.Error(t, c.ConsumeTraces(t.Context(), leaks(1, 10)))
		require.ErrorContains(t, c.Shutdown(t.Context()), "10 findings are not delivered")
	})
	synctest.Test(t, func(t *testing.T) {
		next := &valve{block: make(chan struct{})}
		c := startFindings(t, leaky(), next)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Error(t, c.ConsumeTraces(ctx, leaks(1, 10)))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorContains(t, c.Shutdown(ctx), "10 findings are not delivered")
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

// Many findings go out in several deliveries.
func TestDeliveriesAreBounded(t *testing.T) {
	next := &valve{}
	c := startFindings(t, leaky(), next)
	require.NoError(t, c.ConsumeTraces(t.Context(), leaks(1, 2*most+10)))
	require.Equal(t, 2*most+10, next.logs.LogRecordCount())
	for _, ld := range next.logs.AllLogs() {
		require.LessOrEqual(t, ld.LogRecordCount(), most)
	}
	require.NoError(t, c.Shutdown(t.Context()))
}

// What only time decides goes out while no spans come.
func TestTimeDecidesWithoutSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &valve{}
		cfg := createDefaultConfig().(*Config)
		cfg.Shared.Policy = map[string]any{"version": 1, "reporting": []any{"*"}}
		c := startFindings(t, cfg, next)
		td := leaks(1, 1)
		root := td.ResourceSpans().At(0)
		root.Resource().Attributes().PutStr("gray.home", "gray")
		root.ScopeSpans().At(0).Spans().At(0).Attributes().Clear() // a root without a tag, at gray
		td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool { return rs != root })
		require.NoError(t, c.ConsumeTraces(t.Context(), td))
		require.Zero(t, next.logs.LogRecordCount())
		pass(time.Hour)
		require.NotZero(t, next.logs.LogRecordCount(), "pollution is suspected when nobody came")
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// Counts go out every interval and at the shutdown; a refused delivery is made good
// by the next.
func TestCountsAreGivenOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sink consumertest.MetricsSink
		var refuse atomic.Bool
		next, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
			if refuse.Load() {
				return errors.New("full")
			}
			return sink.ConsumeMetrics(ctx, md)
		})
		require.NoError(t, err)
		c, err := createTracesToMetrics(t.Context(), settings(t), leaky(), next)
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, c.ConsumeTraces(t.Context(), leaks(1, 3)))
		pass(defaultInterval)
		require.Len(t, sink.AllMetrics(), 1)
		require.EqualValues(t, 3, value(t, sink.AllMetrics()[0], "gray.findings"))
		refuse.Store(true)
		pass(defaultInterval)
		require.Len(t, sink.AllMetrics(), 1)
		refuse.Store(false)
		require.NoError(t, c.ConsumeTraces(t.Context(), leaks(2, 3)))
		require.NoError(t, c.Shutdown(t.Context()))
		require.Len(t, sink.AllMetrics(), 2)
		require.EqualValues(t, 6, value(t, sink.AllMetrics()[1], "gray.findings"))
	})
}

// value sums the points of a metric.
func value(t *testing.T, md pmetric.Metrics, name string) (sum int64) {
	t.Helper()
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		if m.Name() == name {
			for _, p := range m.Sum().DataPoints().All() {
				sum += p.IntValue()
			}
			return sum
		}
	}
	require.Fail(t, "no metric "+name)
	return 0
}

// Many senders at once: every finding once.
func TestConcurrentSenders(t *testing.T) {
	next := &valve{}
	c := startFindings(t, leaky(), next)
	var senders sync.WaitGroup
	errs := make(chan error, 100)
	for i := range 8 {
		senders.Go(func() {
			for j := range 10 {
				if err := c.ConsumeTraces(t.Context(), leaks(byte(i*10+j+1), 5)); err != nil {
					errs <- fmt.Errorf("sender %d: %w", i, err)
				}
			}
		})
	}
	senders.Wait()
	require.Empty(t, errs)
	require.Equal(t, 400, next.logs.LogRecordCount())
	require.NoError(t, c.Shutdown(t.Context()))
}

func TestShutdownWithoutStart(t *testing.T) {
	c, err := createTracesToLogs(t.Context(), settings(t), leaky(), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, c.Shutdown(t.Context()))
}

func TestStartFailsOnABadPolicyFile(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Shared.PolicyFile = "no-such-policy.yaml"
	c, err := createTracesToLogs(t.Context(), settings(t), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, c.Start(t.Context(), componenttest.NewNopHost()), "no-such-policy.yaml")
	require.NoError(t, c.Shutdown(t.Context()))
}

var _ component.Component = (*findings)(nil)
