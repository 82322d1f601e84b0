package rocketmq_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	dyepropagation "github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// reportFile makes BenchmarkOverhead write its table:
//
//	go test -run '^$' -bench Overhead -benchtime 1x . -args -overhead ../../docs/benchmarks/rocketmq.md
var reportFile = flag.String("overhead", "", "write the cost of a wrapped send to this file")

// cost is what one send takes.
type cost struct{ cpu, allocs float64 }

// rival is a way to send one message.
type rival struct {
	name  string
	send  func(context.Context, *primitive.Message) error
	ctx   context.Context
	runs  []cost
	times []float64 // of single sends, in ns
	same  int       // the rival that leaves the same evidence by hand
}

// The places of rivals that others are compared with; 0 is the client alone.
const (
	baselineByHand = 3
	grayByHand     = 4
)

// nowhere is an exporter that drops all spans.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                             { return nil }

// BenchmarkOverhead measures a send with and without the wrapper, in turns, for about
// a minute.
func BenchmarkOverhead(t *testing.B) {
	const rounds, sends, timed = 15, 200, 6000
	b := brokers.Get(t, brokertest.V5)
	topic := b.Topic(t, "COST", 4)
	rivals := newRivals(t, b, topic)
	for round := range rounds + 1 {
		for i := range rivals {
			r := rivals[(i+round)%len(rivals)]
			c := measure(t, r, topic, sends)
			if round > 0 { // the first warms up
				r.runs = append(r.runs, c)
			}
		}
	}
	order := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret: the same order each time
	for range timed {                    // each send beside the others', so that all see the same load
		for _, j := range order.Perm(len(rivals)) { // and none always the wake of the same other
			r := rivals[j]
			m := message(topic, "a body of some twenty bytes").WithTag("A")
			start := time.Now()
			if err := r.send(r.ctx, m); err != nil {
				t.Fatal(err)
			}
			r.times = append(r.times, float64(time.Since(start)))
		}
	}
	t.ReportMetric(0, "ns/op") // the table says it
	if *reportFile == "" {
		t.Log("\n" + table(rivals, timed, rounds*sends))
		return
	}
	require.NoError(t, os.WriteFile(*reportFile, []byte(table(rivals, timed, rounds*sends)), 0o644)) //nolint:gosec // a document
}

func newRivals(t testing.TB, b *brokertest.Broker, topic string) []*rival {
	t.Helper()
	// Each has a producer, and so a connection, of its own.
	raw := func() client.Producer {
		group := b.Group(t, "raw")
		p, err := client.NewProducer(producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName(group), producer.WithInstanceName(group))
		require.NoError(t, err)
		require.NoError(t, p.Start())
		t.Cleanup(func() { require.NoError(t, p.Shutdown()) })
		return p
	}
	alone, manual, sampled, gray, longer := raw(), raw(), raw(), raw(), raw()
	provider := func(ratio float64) trace.TracerProvider {
		tp, err := sdk.NewTracerProvider(t.Context(), sdk.WithService("bench"), sdk.WithHome("gray"), sdk.WithBaselineRatio(ratio), sdk.WithExporter(nowhere{}))
		require.NoError(t, err)
		return tp
	}
	wrapped := func(tp trace.TracerProvider) func(context.Context, *primitive.Message) error {
		p, err := rocketmq.NewProducer(rocketmq.Config{TracerProvider: tp}, producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName(b.Group(t, "wrapped")))
		require.NoError(t, err)
		require.NoError(t, p.Start())
		t.Cleanup(func() { require.NoError(t, p.Shutdown()) })
		return func(ctx context.Context, m *primitive.Message) error { _, err := p.SendSync(ctx, m); return err }
	}
	tracer := provider(1).Tracer("plain")
	plain := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	carry := dyepropagation.New()
	return []*rival{
		{name: "client alone", ctx: t.Context(), send: func(ctx context.Context, m *primitive.Message) error { _, err := alone.SendSync(ctx, m); return err }},
		{name: "client, four constant properties as long as a gray message's, no span", ctx: t.Context(), send: func(ctx context.Context, m *primitive.Message) error {
			m.WithProperty("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
			m.WithProperty("tracestate", "dye=gray,ot=th:0")
			m.WithProperty("baggage", "gray.env=gray")
			m.WithProperty(envtag.Property, "gray")
			_, err := longer.SendSync(ctx, m)
			return err
		}},
		{name: "client, and a span with two attributes around it, context injected by hand", ctx: tagged(t, "gray"), send: func(ctx context.Context, m *primitive.Message) error {
			ctx, span := tracer.Start(ctx, "send", trace.WithAttributes(attribute.String("messaging.system", "rocketmq"), attribute.String("messaging.destination.name", topic)))
			defer span.End()
			carrier := propagation.MapCarrier{}
			plain.Inject(ctx, carrier)
			for k, v := range carrier {
				m.WithProperty(k, v)
			}
			_, err := manual.SendSync(ctx, m)
			return err
		}},
		{name: "client, with the wrapper's span and properties by hand, baseline message, sampled", ctx: t.Context(), send: rocketmq.ByHand(sampled, provider(1), carry, topic, "")},
		{name: "client, with the wrapper's span and properties by hand, gray message", ctx: tagged(t, "gray"), send: rocketmq.ByHand(gray, provider(0), carry, topic, "gray")},
		{name: "wrapper, baseline message, not sampled", ctx: t.Context(), send: wrapped(provider(0))},
		{name: "wrapper, baseline message, sampled", ctx: t.Context(), send: wrapped(provider(1)), same: baselineByHand},
		{name: "wrapper, gray message (always sampled)", ctx: tagged(t, "gray"), send: wrapped(provider(0)), same: grayByHand},
	}
}

func measure(t testing.TB, r *rival, topic string, n int) cost {
	t.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := cpuTime(t)
	for range n {
		if err := r.send(r.ctx, message(topic, "a body of some twenty bytes").WithTag("A")); err != nil {
			t.Fatal(err)
		}
	}
	used := cpuTime(t) - cpu
	runtime.ReadMemStats(&after)
	per := float64(n)
	return cost{float64(used) / per, float64(after.Mallocs-before.Mallocs) / per}
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func table(rivals []*rival, timed, counted int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- Written by `+"`go test -run '^$' -bench Overhead -benchtime 1x . -args -overhead FILE`"+` in instrumentation/rocketmq. Do not edit. -->
# What the RocketMQ wrapper costs a sender

SendSync to RocketMQ %s on the same machine (%d cores, %s; load average %s, so others were at work). Times: medians of %d sends each, one of each
kind in turn, in random order, one sender. CPU of the sending process and allocations: medians of runs, %d sends in all of each kind; the client's background
work is in them.

*Same evidence* compares with the row that leaves the same span and properties by hand, and so is what the wrapper's own code adds; for
rows that leave none it is the client alone.

| what | µs/send | × alone | × same evidence | CPU µs/send | allocs/send | added to alone | added to same evidence |
|---|--:|--:|--:|--:|--:|--:|--:|
`, brokertest.V5, runtime.NumCPU(), runtime.Version(), load(), timed, counted)
	allocs := func(r *rival) float64 { return median(pick(r.runs, func(c cost) float64 { return c.allocs })) }
	for _, r := range rivals {
		alone, same := rivals[0], rivals[r.same]
		fmt.Fprintf(&b, "| %s | %.0f | %.3f | %.3f | %.0f | %.0f | %+.0f | %+.0f |\n", r.name,
			median(r.times)/1e3, median(r.times)/median(alone.times), median(r.times)/median(same.times),
			median(pick(r.runs, func(c cost) float64 { return c.cpu }))/1e3, allocs(r), allocs(r)-allocs(alone), allocs(r)-allocs(same))
	}
	return b.String()
}

// load is the load average of the last minute.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

func pick(runs []cost, f func(cost) float64) []float64 {
	out := make([]float64, 0, len(runs))
	for _, c := range runs {
		out = append(out, f(c))
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
