// Package propagation carries trace context, baggage and the witness over
// process borders, in the formats of the W3C, so that the env tag is never
// what gets lost on the way.
//
// A carrier holds at most 64 baggage members and 8,192 bytes
// (https://www.w3.org/TR/baggage/#limits). The env tag is written first and
// the rest in the order of its keys as long as it fits; what is left out is
// the same in every run. On the way in the tag is found in oversized, repeated
// and malformed headers too.
package propagation

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/internal/memo"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// The carriers' keys, as the W3C names them.
const (
	baggageHeader     = "baggage"
	traceparentHeader = "traceparent"
	tracestateHeader  = "tracestate"
)

// Propagator is a drop-in for the composite of OpenTelemetry's TraceContext
// and Baggage, safe for concurrent use. Make it with [New].
type Propagator struct {
	alone  *memo.Table[alone]
	states *memo.Table[trace.TraceState] // by header
}

// alone is the baggage that is nothing but a tag, in both forms.
type alone struct {
	bag    baggage.Baggage
	header string
}

// memoLimit bounds what is remembered: more than the environments that a fleet
// runs at a time.
const memoLimit = 64

var _ propagation.TextMapPropagator = (*Propagator)(nil)

// New returns a propagator. One for the process is enough:
// otel.SetTextMapPropagator(propagation.New()).
func New() *Propagator {
	return &Propagator{alone: memo.NewTable(memoLimit, newAlone), states: memo.NewTable(memoLimit, parseState)}
}

// newAlone is for valid tags only.
func newAlone(tag string) alone {
	a := alone{header: tagMember(tag)}
	if member, err := baggage.NewMemberRaw(envtag.Key, tag); err == nil {
		a.bag, _ = baggage.Baggage{}.SetMember(member)
	}
	return a
}

// Inject writes the span context and the baggage of ctx to the carrier. Where
// ctx has a tag the witness says the same, whichever sampler is in use.
func (p *Propagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	carrier = writing(carrier)
	bag := baggage.FromContext(ctx)
	tag := envtag.FromContext(ctx)
	propagation.TraceContext{}.Inject(followed(ctx, tag), carrier)
	var header string
	if tag != "" && bag.Len() == 1 {
		header = p.alone.Get(tag).header
	} else {
		header = encode(bag, tag)
	}
	if header != "" {
		carrier.Set(baggageHeader, header)
	}
}

// Extract returns ctx with the remote span context and the baggage of the
// carrier. A tag that envtag.Validate refuses is dropped. Without baggage in
// the carrier that of ctx stays.
func (p *Propagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	carrier = reading(carrier)
	if sc := p.extractSpanContext(carrier); sc.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
	}
	header, more := first(carrier, baggageHeader)
	if len(more) == 0 {
		if header == "" {
			return ctx
		}
		if tag, ok := strings.CutPrefix(header, tagMember("")); ok && envtag.Validate(tag) == nil {
			return baggage.ContextWithBaggage(ctx, p.alone.Get(tag).bag)
		}
	}
	bag := decode(header, more)
	if bag.Len() == 0 {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, bag)
}

// Fields returns the keys that Inject may set.
func (*Propagator) Fields() []string {
	return []string{traceparentHeader, tracestateHeader, baggageHeader}
}

// followed returns ctx with the witness of tag. It costs nothing where the
// sampler has written it already.
func followed(ctx context.Context, tag string) context.Context {
	if envtag.IsBaseline(tag) {
		return ctx
	}
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() || witness.Of(sc.TraceState()) == tag {
		return ctx
	}
	return trace.ContextWithSpanContext(ctx, sc.WithTraceState(witness.Set(sc.TraceState(), tag)))
}
