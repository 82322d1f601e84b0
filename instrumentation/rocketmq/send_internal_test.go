package rocketmq

import (
	"context"
	"strconv"
	"testing"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	dyepropagation "github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// SendFunc sends one message.
type SendFunc func(context.Context, *primitive.Message) error

// ByHand returns a send with the same span and the same properties as the
// wrapper's, as a user would write it for one topic: the fixed part is made once.
// It checks nothing and asks no policy.
func ByHand(p client.Producer, tp trace.TracerProvider, carry propagation.TextMapPropagator, topic, tag string) SendFunc {
	fixed := []attribute.KeyValue{
		keySystem.String("rocketmq"), keyOperationName.String("send"), keyOperationType.String("send"), keyDestination.String(topic),
		keyNamespace.String(""),
	}
	if tag != "" {
		fixed = append(fixed, keyTag.String(tag))
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(fixed...)}
	tracer, name := tp.Tracer("by hand"), "send "+topic
	return func(ctx context.Context, m *primitive.Message) error {
		ctx, span := tracer.Start(ctx, name, options...)
		defer span.End()
		carry.Inject(ctx, carrier{m})
		m.WithProperty(envtag.Property, tag)
		result, err := p.SendSync(ctx, m)
		if err != nil || !span.IsRecording() {
			return err
		}
		kv := make([]attribute.KeyValue, 0, 5)
		kv = append(kv, keyMessageID.String(m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex)), keyBodySize.Int(len(m.Body)))
		if tag != "" {
			kv = append(kv, keyProperty.StringSlice([]string{tag}))
		}
		queue := result.MessageQueue
		kv = append(kv, keyPartition.String(queue.BrokerName+":"+strconv.Itoa(queue.QueueId)), keyMessageTag.String(m.GetTags()))
		span.SetAttributes(kv...)
		return nil
	}
}

// stub is a client that does nothing but give the message an id, as the real one.
type stub struct {
	client.Producer

	result *primitive.SendResult
}

// newStub hides from the compiler what it returns: a call then costs what one of the
// real client costs, the slice of messages included.
//
//go:noinline
func newStub() client.Producer {
	return stub{result: &primitive.SendResult{MessageQueue: &primitive.MessageQueue{BrokerName: "broker-a", QueueId: 3}}}
}

func (s stub) SendSync(_ context.Context, msgs ...*primitive.Message) (*primitive.SendResult, error) {
	if m := msgs[0]; m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex) == "" {
		m.WithProperty(primitive.PropertyUniqueClientMessageIdKeyIndex, primitive.CreateUniqID())
	}
	return s.result, nil
}

// dropped is the end of all spans: an exporter's work is not the wrapper's.
type dropped struct{}

func (dropped) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (dropped) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (dropped) Shutdown(context.Context) error                  { return nil }
func (dropped) ForceFlush(context.Context) error                { return nil }

// kind is a kind of traffic, with the ways to send its messages.
type kind struct {
	name                   string
	ctx                    context.Context
	alone, byHand, wrapped SendFunc
	recorded               bool
}

func kinds(t testing.TB) []kind {
	t.Helper()
	inner := newStub()
	carry := dyepropagation.New()
	out := []kind{
		{name: "baseline, not sampled"},
		{name: "baseline, sampled", recorded: true},
		{name: "gray", recorded: true},
	}
	for i, c := range []struct {
		tag   string
		ratio float64
	}{{"", 0}, {"", 1}, {"gray", 0}} {
		tp, err := sdk.NewTracerProvider(t.Context(), sdk.WithService("bench"), sdk.WithBaselineRatio(c.ratio), sdk.WithSpanProcessor(dropped{}))
		require.NoError(t, err)
		place, err := (&Config{Rules: FixedRules(nil)}).placement()
		require.NoError(t, err)
		p := &Producer{inner: inner, place: place, tel: newTelemetry(tp, carry, "", "")}
		out[i].ctx, err = envtag.ContextWith(t.Context(), c.tag)
		require.NoError(t, err)
		out[i].alone = func(ctx context.Context, m *primitive.Message) error { _, err := inner.SendSync(ctx, m); return err }
		out[i].byHand = ByHand(inner, tp, carry, "T", c.tag)
		out[i].wrapped = func(ctx context.Context, m *primitive.Message) error { _, err := p.SendSync(ctx, m); return err }
	}
	return out
}

func newBenchMessage() *primitive.Message {
	return primitive.NewMessage("T", []byte("a body of some twenty bytes")).WithTag("A")
}

// TestAllocations guards what docs/benchmarks/rocketmq.md shows, without a broker.
// Not sampled, the wrapper adds what the SDK takes for a span that is not recorded
// and what traceparent takes. Sampled, the span alone is more, so there a user's own
// code with the same span is the measure.
func TestAllocations(t *testing.T) {
	const (
		runs   = 1000
		budget = 4.0 // a context, a span, the attributes that samplers see, traceparent
		margin = 1.0
	)
	for _, k := range kinds(t) {
		allocs := func(send SendFunc) float64 {
			return testing.AllocsPerRun(runs, func() { require.NoError(t, send(k.ctx, newBenchMessage())) })
		}
		alone, byHand, wrapped := allocs(k.alone), allocs(k.byHand), allocs(k.wrapped)
		require.LessOrEqual(t, wrapped, byHand+margin, "%s: beside the same by hand", k.name)
		if !k.recorded {
			require.LessOrEqual(t, wrapped, alone+budget+margin, "%s: beside the client alone", k.name)
		}
		t.Logf("%s: %v alone, %v by hand, %v wrapped", k.name, alone, byHand, wrapped)
	}
}

// BenchmarkSend is what is done around a client that does nothing: the rest of a
// send is the client's and the broker's.
func BenchmarkSend(b *testing.B) {
	for _, k := range kinds(b) {
		for _, way := range []struct {
			name string
			send SendFunc
		}{{"alone", k.alone}, {"by hand", k.byHand}, {"wrapped", k.wrapped}} {
			b.Run(k.name+"/"+way.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := way.send(k.ctx, newBenchMessage()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
