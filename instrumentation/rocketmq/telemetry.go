package rocketmq

import (
	"context"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

const scope = "github.com/dyetrace/dyetrace/instrumentation/rocketmq"

// maxRoutes bounds the cache of span names and fixed attributes: topics beyond
// it work, at the price of some allocations.
const maxRoutes = 1024

// telemetry makes the spans of one producer or consumer and carries contexts
// through message properties. It is safe for concurrent use.
type telemetry struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	fields     []string // the properties that the propagator owns
	properties propertyView
	namespace  string
	group      string // consumer group; empty at producers
	broadcast  bool   // every member of the group takes every message

	mu     sync.RWMutex
	routes map[routeKey]*route
}

// routeKey is what the fixed part of a span depends on.
type routeKey struct {
	op, topic, tag string
	kind           trace.SpanKind
}

// route is the fixed part of spans: the same for all messages of a tag in a topic.
type route struct {
	name     string
	tag      string
	options  []trace.SpanStartOption
	property attribute.KeyValue // the captured property, for messages that carry the tag
}

func newTelemetry(tp trace.TracerProvider, p propagation.TextMapPropagator, namespace, group string) *telemetry {
	if tp == nil {
		tp = otel.GetTracerProvider()
	}
	return &telemetry{
		tracer: tp.Tracer(scope), propagator: p, fields: p.Fields(), namespace: namespace, group: group,
		properties: newPropertyView(), routes: map[routeKey]*route{},
	}
}

// route returns the fixed part of a span.
func (t *telemetry) route(key routeKey) *route {
	t.mu.RLock()
	r := t.routes[key]
	t.mu.RUnlock()
	if r != nil {
		return r
	}
	r = t.newRoute(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.routes) < maxRoutes {
		t.routes[key] = r
	}
	return r
}

func (t *telemetry) newRoute(key routeKey) *route {
	common := []attribute.KeyValue{
		keySystem.String(system), keyOperationName.String(key.op), keyDestination.String(key.topic), keyNamespace.String(t.namespace),
	}
	if key.op != opCheck { // no type of the conventions fits a broker's question
		common = append(common, keyOperationType.String(key.op))
	}
	if t.group != "" {
		common = append(common, keyGroup.String(t.group))
	}
	if t.broadcast {
		common = append(common, keyConsumption.String("broadcasting"))
	}
	r := &route{name: key.op + " " + key.topic, tag: key.tag}
	if key.tag != "" {
		// The span processor of the SDK sets it as well: twice does no harm, and
		// lacking it would.
		common = append(common, keyTag.String(key.tag))
		r.property = keyProperty.StringSlice([]string{key.tag})
	}
	r.options = []trace.SpanStartOption{trace.WithSpanKind(key.kind), trace.WithAttributes(common...)}
	return r
}

// start begins a span. more are options beside those of the route.
func (t *telemetry) start(ctx context.Context, key routeKey, more ...trace.SpanStartOption) (context.Context, trace.Span, *route) {
	r := t.route(key)
	opts := r.options
	if len(more) > 0 {
		opts = append(more, opts...)
	}
	ctx, span := t.tracer.Start(ctx, r.name, opts...)
	return ctx, span, r
}

// stamp writes the context of ctx into a message, and an id. What an earlier send or a forwarded message left there goes: the context
// alone decides.
func (t *telemetry) stamp(ctx context.Context, m *primitive.Message) {
	for _, f := range t.fields {
		m.RemoveProperty(f)
	}
	t.propagator.Inject(ctx, carrier{m})
	if m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex) == "" {
		// The client gives ids to single messages only, and while it sends: this
		// way messages of a batch have one, and the span knows it.
		m.WithProperty(primitive.PropertyUniqueClientMessageIdKeyIndex, primitive.CreateUniqID())
	}
}

// reading is the tag that a received message carries, and where it was found.
type reading struct {
	tag, source string
}

// restore derives from ctx the context that the message carries: baggage with
// the tag, and the span that created it, which trace.SpanContextFromContext
// returns. What ctx held of both is dropped: a message never inherits the tag of
// who happens to receive it. Baggage comes before the plain property, which
// foreign producers may set alone.
func (t *telemetry) restore(ctx context.Context, m *primitive.Message) (context.Context, reading) {
	ctx = t.propagator.Extract(anonymous(ctx), carrier{m})
	if tag := envtag.FromContext(ctx); tag != "" {
		return ctx, reading{tagOf(ctx), "baggage"}
	}
	tag := m.GetProperty(envtag.Property)
	if envtag.IsBaseline(tag) {
		return ctx, reading{"", "none"}
	}
	tagged, err := envtag.ContextWith(ctx, tag)
	if err != nil || envtag.FromContext(tagged) == "" {
		return ctx, reading{"", "none"} // no tag that anyone may have set
	}
	return tagged, reading{tag, "message_property"}
}

// anonymous returns ctx without baggage and without a current span.
func anonymous(ctx context.Context) context.Context {
	return trace.ContextWithSpanContext(baggage.ContextWithoutBaggage(ctx), trace.SpanContext{})
}

// fail records why an operation failed; kind is a short, stable name of it.
func fail(span trace.Span, kind string, err error) {
	span.SetAttributes(keyErrorType.String(kind))
	if err == nil {
		span.SetStatus(codes.Error, kind)
		return
	}
	span.SetStatus(codes.Error, err.Error())
}
