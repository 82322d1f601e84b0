package routing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// Recorder writes decisions to spans. It is safe for concurrent use.
type Recorder struct {
	attributes map[Decision][]attribute.KeyValue
}

// NewRecorder returns a recorder.
func NewRecorder() *Recorder {
	r := &Recorder{attributes: make(map[Decision][]attribute.KeyValue)}
	for _, d := range []Decision{Own, Fallback, Refused} {
		r.attributes[d] = []attribute.KeyValue{attribute.String(envtag.DecisionKey, string(d))}
	}
	return r
}

// Record writes the decision on a call with this tag to the span of ctx if that
// is a recording CLIENT span. Any other span is the caller's own, where the
// client's instrumentation is off, and a decision has no place on it. Baseline
// calls that stay at baseline are left alone: they are the bulk, and their
// decision says nothing.
func (r *Recorder) Record(ctx context.Context, d Decision, tag string) {
	if d == Own && envtag.IsBaseline(tag) {
		return
	}
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	// The SDK's spans tell their kind; the API has no way to ask.
	kind, ok := span.(interface{ SpanKind() trace.SpanKind })
	if !ok || kind.SpanKind() != trace.SpanKindClient {
		return
	}
	span.SetAttributes(r.attributes[d]...)
}
