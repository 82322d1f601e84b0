package otlp

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// batch returns spans of some sorts, more than are remembered, in resources and scopes
// of few spans, or of none.
func batch(t *testing.T, random *rand.Rand, sorts [][]string) ptrace.Traces {
	td := ptrace.NewTraces()
	for range random.IntN(5) {
		rs := td.ResourceSpans().AppendEmpty()
		for range random.IntN(4) {
			spans := rs.ScopeSpans().AppendEmpty().Spans()
			for range random.IntN(9) {
				i := random.IntN(len(sorts))
				sp := spans.AppendEmpty()
				named(t, ptrace.SpanKind(i%int(ptrace.SpanKindConsumer+1)), sorts[i]...).CopyTo(sp)
				for range random.IntN(3) {
					sp.Links().AppendEmpty().SetSpanID(pcommon.SpanID{byte(i)})
				}
				if random.IntN(2) == 0 {
					sp.SetParentSpanID(pcommon.SpanID{1})
				}
			}
		}
	}
	return td
}

// TestLookingAheadChangesNothing: a batch gives what its spans give one by one to a
// decoder that does not know the memory of pdata.
func TestLookingAheadChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	d, plain := newDecoder(), newDecoder()
	plain.textSort = nil
	known := append(names(d), usualNames()...)
	sorts := make([][]string, 3<<outlineBits/2)
	for i := range sorts {
		for range random.IntN(maxPlaces + 4) {
			sorts[i] = append(sorts[i], known[random.IntN(len(known))])
		}
	}
	for range 400 {
		td := batch(t, random, sorts[:1+random.IntN(len(sorts))])
		first := 0
		if n := td.SpanCount(); n > 0 {
			first = random.IntN(n) * random.IntN(2)
		}
		var got, want recorder
		require.Equal(t, td.SpanCount(), feed(&got, d, 1, td, first))
		require.Equal(t, td.SpanCount(), feed(&want, plain, 1, td, first))
		require.Equal(t, want, got)
		require.Zero(t, plain.renewed)
	}
	require.NotZero(t, d.renewed)
}

// TestExpectedSpansAreMet: all but the first of a batch are, whatever their scopes, as
// long as these are not nearly empty.
func TestExpectedSpansAreMet(t *testing.T) {
	td := ptrace.NewTraces()
	for range 3 {
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for range 4 {
			serverSpan().CopyTo(spans.AppendEmpty())
		}
	}
	d := newDecoder()
	e := &watcher{d: d}
	require.Equal(t, 12, Feed(e, d, 1, td))
	require.Equal(t, []uint{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, e.met)
}

// watcher notes how many of the spans so far had been expected.
type watcher struct {
	recorder
	d   *Decoder
	met []uint
}

func (w *watcher) Add(int64, *auditor.Span) { w.met = append(w.met, w.d.met) }

// TestTracesAreExpected: three spans ahead, across scopes.
func TestTracesAreExpected(t *testing.T) {
	td := ptrace.NewTraces()
	for i := range byte(3) {
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for k := range byte(3) {
			spans.AppendEmpty().SetTraceID(pcommon.TraceID{3*i + k})
		}
	}
	var e teller
	require.Equal(t, 9, Feed(&e, newDecoder(), 1, td))
	require.Equal(t, []byte{3, 4, 5, 6, 7, 8}, e.told)
}

// teller notes the traces that it is told of before their spans come.
type teller struct {
	recorder
	told []byte
}

func (e *teller) Expect(id auditor.TraceID) { e.told = append(e.told, id[0]) }

// TestChangedSpanIsNoLongerExpected: its outline is that of what it has become.
func TestChangedSpanIsNoLongerExpected(t *testing.T) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for range 4 {
		newSpan(ptrace.SpanKindInternal, attrs{"a", "b"}).CopyTo(spans.AppendEmpty())
	}
	e := &changer{last: spans.At(3)}
	require.Equal(t, 4, Feed(e, newDecoder(), 1, td))
	require.Equal(t, "gray", e.spans[3].Tag.Value)
}

// changer tags the last span after it was expected.
type changer struct {
	recorder
	last ptrace.Span
}

func (c *changer) Add(now int64, s *auditor.Span) {
	c.recorder.Add(now, s)
	if len(c.spans) == 3 {
		c.last.Attributes().PutStr("gray.env", "gray")
	}
}

func TestPrefetchOfAnything(t *testing.T) {
	require.NotPanics(t, func() {
		prefetchAttributes(&keyValue{}, new(uint8), 1, 1)
		prefetchAttributes(nil, nil, 0, 0)
		ahead(&run{}, 0)
		aheadOf(pcommon.NewMap())
	})
}
