package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// protocol is the rows of one client library.
type protocol struct {
	name string
	rows []*row
}

// row is one way to make the call.
type row struct {
	name string
	open func(ctx context.Context, w *wiring) (call, error)
	// What the caller's context has: its tag and its parent's trace state.
	tag, state string
	ours       bool // else what OpenTelemetry gives, with its defaults
	like       int  // the bare row that sends the same headers

	costs []cost
}

// The bare rows come first in each protocol.
const (
	bare         = iota // what there is without gray release
	bareBaseline        // sends a sampling threshold too
	bareTagged          // sends that, the witness and the tag
)

// newRows returns the rows of a protocol: bare ones and ours.
func newRows(library string, openBare, openOurs func(context.Context, *wiring) (call, error)) []*row {
	const baseline, tagged = "ot=th:0", "dye=gray,ot=th:0"
	return []*row{
		{name: library, open: openBare, like: bare},
		{name: library + ", headers of a baseline call by hand", open: openBare, state: baseline, like: bareBaseline},
		{name: library + ", headers of a tagged call by hand", open: openBare, state: tagged, tag: "gray", like: bareTagged},
		{name: "**dyetrace**, baseline call, routed", open: openOurs, ours: true, state: baseline, like: bareBaseline},
		{name: "**dyetrace**, tagged call, routed", open: openOurs, ours: true, state: tagged, tag: "gray", like: bareTagged},
	}
}

// caller returns the context of a service that is being called itself: below a
// remote parent.
func (r *row) caller() (context.Context, error) {
	state, err := trace.ParseTraceState(r.state)
	if err != nil {
		return nil, err
	}
	parent := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, TraceState: state,
	})
	return envtag.ContextWith(trace.ContextWithRemoteSpanContext(context.Background(), parent), r.tag)
}

// wiring is what a row is built from and what has to be closed after it.
type wiring struct {
	provider   *sdktrace.TracerProvider
	propagator propagation.TextMapPropagator
	closers    []func()
}

func (w *wiring) onClose(f func()) { w.closers = append(w.closers, f) }

func (w *wiring) close() {
	if w == nil {
		return
	}
	for _, f := range slices.Backward(w.closers) {
		f()
	}
}

// newWiring returns providers that record all spans and export none.
func newWiring(ours bool) *wiring {
	if ours {
		return &wiring{provider: sdktrace.NewTracerProvider(
			sdktrace.WithSampler(sdk.NewSampler(1)), sdktrace.WithSpanProcessor(sdk.NewSpanProcessor()))}
	}
	return &wiring{
		provider:   sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(idle{})),
		propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	}
}

// idle is a span processor for the bare rows: without any, nothing is recorded.
type idle struct{}

func (idle) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (idle) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (idle) Shutdown(context.Context) error                  { return nil }
func (idle) ForceFlush(context.Context) error                { return nil }

// measure runs all rows in turns, in another order in each run.
func (p *protocol) measure(o options) error {
	calls := make([]call, len(p.rows))
	wirings := make([]*wiring, len(p.rows))
	defer func() {
		for _, w := range wirings {
			w.close()
		}
	}()
	for i, r := range p.rows {
		wirings[i] = newWiring(r.ours)
		ctx, err := r.caller()
		if err != nil {
			return err
		}
		if calls[i], err = r.open(ctx, wirings[i]); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if _, err := sample(calls[i], 200); err != nil { // connections and caches
			return fmt.Errorf("%s: %w", r.name, err)
		}
		r.costs = make([]cost, o.runs)
	}
	for run := range o.runs {
		for _, i := range rand.Perm(len(p.rows)) { // no row profits from its neighbour
			c, err := sample(calls[i], o.calls)
			if err != nil {
				return fmt.Errorf("%s: %w", p.rows[i].name, err)
			}
			p.rows[i].costs[run] = c
		}
	}
	return nil
}
