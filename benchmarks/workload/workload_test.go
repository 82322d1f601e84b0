package workload

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// visit calls f for each span in order of arrival of the batches.
func visit(batches []ptrace.Traces, f func(resource pcommon.Map, s ptrace.Span)) {
	for _, td := range batches {
		for i := range td.ResourceSpans().Len() {
			rs := td.ResourceSpans().At(i)
			spans := rs.ScopeSpans().At(0).Spans()
			for k := range spans.Len() {
				f(rs.Resource().Attributes(), spans.At(k))
			}
		}
	}
}

func TestRoundHasThePromisedShape(t *testing.T) {
	r := New(1)
	perTrace := map[pcommon.TraceID]int{}
	gray := map[pcommon.TraceID]bool{}
	visit(r.Batches(), func(resource pcommon.Map, s ptrace.Span) {
		perTrace[s.TraceID()]++
		require.Equal(t, Attributes, s.Attributes().Len(), s.Name())
		tag, tagged := s.Attributes().Get("gray.env")
		home, _ := resource.Get("gray.home")
		service, _ := resource.Get("service.name")
		if tagged {
			require.Equal(t, "gray", tag.Str())
			gray[s.TraceID()] = true
		}
		if service.Str() != "gateway" { // it has no twin: it gives the tags
			require.Equal(t, tagged, home.Str() == "gray", "%s at %s", s.Name(), service.Str())
		}
	})
	require.Len(t, perTrace, Traces)
	for id, n := range perTrace {
		require.Equal(t, SpansPerTrace, n, id)
	}
	require.InDelta(t, 0.10, float64(len(gray))/Traces, 0.01)
}

func TestBatchesAreOfThePromisedSize(t *testing.T) {
	r := New(1)
	require.Len(t, r.Batches(), 20)
	var spans, resources, bytes int
	m := ptrace.ProtoMarshaler{}
	for _, td := range r.Batches() {
		require.InDelta(t, BatchSpans, td.SpanCount(), 8)
		spans += td.SpanCount()
		resources += td.ResourceSpans().Len()
		bytes += m.TracesSize(td)
	}
	require.Equal(t, Spans, spans)
	require.InDelta(t, 500, float64(bytes)/float64(spans), 25)
	require.InDelta(t, 15.8, float64(resources)/Batches, 0.3)
}

func TestHalfOfTheChildrenArriveFirst(t *testing.T) {
	// Inside a batch the spans of a workload are together, so order is counted
	// as the engine meets it.
	var children, first int
	seen := map[pcommon.SpanID]bool{}
	visit(New(1).Batches(), func(_ pcommon.Map, s ptrace.Span) {
		if !s.ParentSpanID().IsEmpty() {
			children++
			if !seen[s.ParentSpanID()] {
				first++
			}
		}
		seen[s.SpanID()] = true
	})
	require.InDelta(t, 0.52, float64(first)/float64(children), 0.015)
}

func TestSameSeedSameSpans(t *testing.T) {
	m := ptrace.ProtoMarshaler{}
	a, err := m.MarshalTraces(New(7).Batches()[3])
	require.NoError(t, err)
	b, err := m.MarshalTraces(New(7).Batches()[3])
	require.NoError(t, err)
	c, err := m.MarshalTraces(New(8).Batches()[3])
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.NotEqual(t, a, c)
}

func TestFreshKeepsRelationsAndChangesIDs(t *testing.T) {
	r := New(1)
	traces, spans := map[pcommon.TraceID]bool{}, map[pcommon.SpanID]bool{}
	messages := map[string]int{}
	const start, rounds = int64(2_000_000_000_000_000_000), 4
	for n := range int64(rounds) {
		r.Fresh(start + n)
		links, parents := 0, 0
		here := map[pcommon.SpanID]pcommon.TraceID{}
		visit(r.Batches(), func(_ pcommon.Map, s ptrace.Span) {
			traces[s.TraceID()], spans[s.SpanID()] = true, true
			here[s.SpanID()] = s.TraceID()
			require.GreaterOrEqual(t, int64(s.StartTimestamp()), start)
			require.Less(t, int64(s.StartTimestamp()), start+2_000_000_000)
			if id, ok := s.Attributes().Get(messageIDKey); ok {
				messages[id.Str()]++
			}
		})
		visit(r.Batches(), func(_ pcommon.Map, s ptrace.Span) {
			if !s.ParentSpanID().IsEmpty() {
				parents++
				require.Equal(t, s.TraceID(), here[s.ParentSpanID()])
			}
			for i := range s.Links().Len() {
				links++
				require.Equal(t, s.Links().At(i).TraceID(), here[s.Links().At(i).SpanID()])
			}
		})
		require.Equal(t, Spans-Traces, parents)
		require.Equal(t, 2*Traces, links)
	}
	require.Len(t, traces, rounds*Traces)
	require.Len(t, spans, rounds*Spans)
	require.Len(t, messages, rounds*Traces)
	for id, n := range messages {
		require.Equal(t, 3, n, "one send and two process spans: %s", id)
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	r := New(1)
	copies := r.Copies()
	before := copies[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).TraceID()
	r.Fresh(1)
	require.Equal(t, before, copies[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).TraceID())
}
