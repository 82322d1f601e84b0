// Package witness reads and writes the witness: the trace state member
// `dye=<tag>` that repeats the env tag beside the baggage.
//
// Baggage is lost easily, trace state is not. A span whose trace state says
// dye=x and which shows no tag x is evidence of a lost tag all by itself. So
// the witness follows the tag wherever there is one, and stays as it is where
// there is none: only an origin, a service that gives tags by right, takes it
// away ([Rewrite]).
package witness

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// Key is the witness's member of the trace state.
const Key = "dye"

// Of returns the witness in ts, or "".
func Of(ts trace.TraceState) string { return ts.Get(Key) }

// Set returns ts with the witness tag as its first member. Of the 32 members
// that a trace state holds the last one gives way. The empty tag and one that
// cannot be carried remove the witness. Nothing is allocated where ts says so
// already.
func Set(ts trace.TraceState, tag string) trace.TraceState {
	was := ts.Get(Key)
	if was == tag {
		return ts
	}
	if tag != "" {
		if next, err := ts.Insert(Key, tag); err == nil {
			return next
		}
	}
	if was == "" {
		return ts
	}
	return ts.Delete(Key)
}

// Follow returns ts with the witness of tag where tag names an environment,
// and ts as it is for baseline traffic: the rule of everyone but origins.
func Follow(ts trace.TraceState, tag string) trace.TraceState {
	if envtag.IsBaseline(tag) {
		return ts
	}
	return Set(ts, tag)
}

// Rewrite returns ctx with the witness of its current span context made equal
// to the tag of ctx, also where that means taking it away. It is for origins:
// after envtag.ContextWith or envtag.Without, whatever starts under the
// returned context shows no escape. The current span stays current and keeps
// recording; its own trace state is not changed.
func Rewrite(ctx context.Context) context.Context {
	span := trace.SpanFromContext(ctx)
	sc := span.SpanContext()
	tag := envtag.FromContext(ctx)
	if envtag.IsBaseline(tag) {
		tag = ""
	}
	if !sc.IsValid() || Of(sc.TraceState()) == tag {
		return ctx
	}
	next := sc.WithTraceState(Set(sc.TraceState(), tag))
	if sc.IsRemote() {
		return trace.ContextWithRemoteSpanContext(ctx, next)
	}
	return trace.ContextWithSpan(ctx, rewritten{span, next})
}

// rewritten is a span under another span context.
type rewritten struct {
	trace.Span
	sc trace.SpanContext
}

// SpanContext implements [trace.Span].
func (r rewritten) SpanContext() trace.SpanContext { return r.sc }
