package rocketmq_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/racecheck"
)

// patience bounds every wait of these tests: machines of CI are slow, and a wait
// ends as soon as its event comes.
const patience = 60 * time.Second

// workload is a service in a home, with its spans.
type workload struct {
	home  string
	spans *tracetest.SpanRecorder
	tp    *sdktrace.TracerProvider
}

func newWorkload(t testing.TB, service, home string, more ...sdktrace.TracerProviderOption) *workload {
	t.Helper()
	w := &workload{home: home, spans: tracetest.NewSpanRecorder()}
	shown := home
	if shown == "" {
		shown = "base"
	}
	opts := append([]sdktrace.TracerProviderOption{
		sdktrace.WithSpanProcessor(w.spans),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", service),
			attribute.String("gray.home", shown), attribute.Bool("gray.reporting", true))),
	}, more...)
	w.tp = sdktrace.NewTracerProvider(opts...)
	t.Cleanup(func() { require.NoError(t, w.tp.Shutdown(context.Background())) })
	return w
}

func (w *workload) config() rocketmq.Config {
	return rocketmq.Config{Home: w.home, TracerProvider: w.tp}
}

// named returns the ended spans of a name.
func (w *workload) named(name string) []sdktrace.ReadOnlySpan {
	var found []sdktrace.ReadOnlySpan
	for _, s := range w.spans.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	return found
}

// await waits until n spans of a name have ended: handlers return before theirs do.
func (w *workload) await(t testing.TB, name string, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	require.Eventually(t, func() bool { return len(w.named(name)) >= n }, patience, pace)
	return w.named(name)
}

// producer starts a producer that ends with the test.
func (w *workload) producer(t testing.TB, b *brokertest.Broker, opts ...producer.Option) *rocketmq.Producer {
	t.Helper()
	all := append([]producer.Option{producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName(b.Group(t, "send"))}, opts...)
	p, err := rocketmq.NewProducer(w.config(), all...)
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() { require.NoError(t, p.Shutdown()) })
	return p
}

// from is the start of all groups here that are not twins: tests send at once.
var from = consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset)

// push makes a push consumer that ends with the test; the test subscribes and
// starts it.
func (w *workload) push(t testing.TB, b *brokertest.Broker, cfg rocketmq.Config, group string, opts ...consumer.Option) *rocketmq.PushConsumer {
	t.Helper()
	all := append([]consumer.Option{consumer.WithNameServer([]string{b.NameServer}), consumer.WithGroupName(group), from}, opts...)
	c, err := rocketmq.NewPushConsumer(cfg, all...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Shutdown()) })
	return c
}

// taken is what a handler was called with.
type taken struct {
	ids    []string
	bodies []string
	tag    string
	span   trace.SpanContext
	ctx    context.Context
}

// inbox collects handler calls, without what was sent again.
type inbox struct {
	mu     sync.Mutex
	calls  []taken
	resent brokertest.Resends
	again  []string // bodies of what was sent again
}

func (i *inbox) handle(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	i.add(ctx, msgs...)
	return consumer.ConsumeSuccess, nil
}

func (i *inbox) add(ctx context.Context, msgs ...*primitive.MessageExt) {
	call := taken{tag: envtag.FromContext(ctx), span: trace.SpanContextFromContext(ctx), ctx: ctx}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range msgs {
		if i.resent.Has(m) {
			i.again = append(i.again, string(m.Body))
			continue
		}
		call.ids, call.bodies = append(call.ids, m.MsgId), append(call.bodies, string(m.Body))
	}
	if len(call.ids) > 0 {
		i.calls = append(i.calls, call)
	}
}

func (i *inbox) all() []taken {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]taken(nil), i.calls...)
}

// bodies returns the bodies of all messages taken, in order.
func (i *inbox) bodies() []string {
	var out []string
	for _, c := range i.all() {
		out = append(out, c.bodies...)
	}
	return out
}

// sentAgain returns the bodies of messages that the client sent again.
func (i *inbox) sentAgain() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.again)
}

// wait waits until n messages were taken.
func (i *inbox) wait(t testing.TB, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(i.bodies()) >= n }, patience, 20*time.Millisecond, "taken: %v", i.bodies())
}

func tagged(t testing.TB, tag string) context.Context {
	t.Helper()
	ctx, err := envtag.ContextWith(context.Background(), tag)
	require.NoError(t, err)
	return ctx
}

func message(topic, body string) *primitive.Message { return primitive.NewMessage(topic, []byte(body)) }

// attr returns an attribute of a span, or an empty value.
func attr(s sdktrace.ReadOnlySpan, key string) attribute.Value {
	for _, kv := range s.Attributes() {
		if string(kv.Key) == key {
			return kv.Value
		}
	}
	return attribute.Value{}
}

func envtagAttribute(tag string) attribute.KeyValue { return attribute.String(envtag.Key, tag) }

// pace is how often waits look.
const pace = 20 * time.Millisecond

type readOnlySpan = sdktrace.ReadOnlySpan

// note logs a measured figure.
func note(t *testing.T, format string, args ...any) {
	t.Helper()
	if !racecheck.Enabled {
		t.Logf(format, args...)
	}
}
