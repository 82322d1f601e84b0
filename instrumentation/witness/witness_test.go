package witness_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

func parse(t *testing.T, s string) trace.TraceState {
	t.Helper()
	ts, err := trace.ParseTraceState(s)
	require.NoError(t, err)
	return ts
}

func TestSetAndFollow(t *testing.T) {
	for _, c := range []struct{ state, tag, set, followed string }{
		{"", "", "", ""},
		{"", "gray", "dye=gray", "dye=gray"},
		{"a=1", "gray", "dye=gray,a=1", "dye=gray,a=1"},
		{"a=1,dye=gray", "gray", "a=1,dye=gray", "a=1,dye=gray"},
		{"a=1,dye=blue", "gray", "dye=gray,a=1", "dye=gray,a=1"},
		{"a=1,dye=blue", "", "a=1", "a=1,dye=blue"},
		{"dye=blue", "base", "dye=base", "dye=blue"},
		{"dye=blue", "no,tag", "", ""},
	} {
		require.Equal(t, c.set, witness.Set(parse(t, c.state), c.tag).String(), "%+v", c)
		require.Equal(t, c.followed, witness.Follow(parse(t, c.state), c.tag).String(), "%+v", c)
	}
}

func TestFullTraceStateKeepsTheWitness(t *testing.T) {
	members := make([]string, 32)
	for i := range members {
		members[i] = fmt.Sprintf("k%d=v", i)
	}
	ts := witness.Set(parse(t, strings.Join(members, ",")), "gray")
	require.Equal(t, 32, ts.Len())
	require.True(t, strings.HasPrefix(ts.String(), "dye=gray,k0=v,"))
	require.Empty(t, ts.Get("k31"), "the last one gives way")
}

func TestRewrite(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceState: parse(t, "dye=gray,a=1")})

	// A remote parent: what origins find at their entry.
	ctx := witness.Rewrite(trace.ContextWithRemoteSpanContext(t.Context(), sc))
	got := trace.SpanContextFromContext(ctx)
	require.True(t, got.IsRemote())
	require.Equal(t, "a=1", got.TraceState().String())

	// A local span stays the current one.
	span := &recorder{sc: sc}
	ctx, err := envtag.ContextWith(trace.ContextWithSpan(t.Context(), span), "blue")
	require.NoError(t, err)
	ctx = witness.Rewrite(ctx)
	require.Equal(t, "dye=blue,a=1", trace.SpanContextFromContext(ctx).TraceState().String())
	trace.SpanFromContext(ctx).SetName("still here")
	require.Equal(t, "still here", span.name)

	require.Equal(t, t.Context(), witness.Rewrite(t.Context()), "no span, nothing to rewrite")
}

// recorder is a span that remembers its name.
type recorder struct {
	noop.Span
	sc   trace.SpanContext
	name string
}

func (r *recorder) SpanContext() trace.SpanContext { return r.sc }
func (r *recorder) SetName(name string)            { r.name = name }
