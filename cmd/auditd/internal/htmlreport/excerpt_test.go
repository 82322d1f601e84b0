package htmlreport

import (
	"encoding/hex"
	"testing"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/stretchr/testify/require"
)

// line is a trace in which every span is the child of the one before.
func line(n int) []auditor.TraceSpan {
	spans := make([]auditor.TraceSpan, n)
	for i := range spans {
		spans[i] = auditor.TraceSpan{SpanID: numbered(i + 1), Start: int64(i) * 1000, Service: "s", Operation: "o"}
		if i > 0 {
			spans[i].ParentID = numbered(i)
		}
	}
	return spans
}

func numbered(i int) auditor.SpanID {
	return auditor.SpanID{0, 0, 0, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)}
}

func TestLongTraceKeepsTheBrokenHop(t *testing.T) {
	spans := line(5000)
	marked := map[auditor.SpanID]bool{numbered(4001): true, numbered(4000): true}
	got := trimTrace(spans, marked)
	require.Len(t, got, maxTraceSpans)
	index := indexSpans(got)
	require.Contains(t, index, numbered(4001))
	require.Contains(t, index, numbered(4000))
	for i := 1; i < len(got); i++ {
		require.Less(t, got[i-1].Start, got[i].Start, "the order stays")
	}
}

func TestTrimmingEndsOnParentLoops(t *testing.T) {
	spans := line(300)
	spans[0].ParentID = numbered(300)
	require.Len(t, trimTrace(spans, map[auditor.SpanID]bool{numbered(150): true}), maxTraceSpans)
}

func TestEncodedParents(t *testing.T) {
	spans := line(3)
	spans[2].ParentID = auditor.SpanID{9}
	x := encodeExcerpt(spans, 0, newInterner())
	require.Equal(t, []any{parentNone, 0, parentUnknown}, []any{x.Spans[1], x.Spans[10], x.Spans[19]})
	require.Equal(t, []any{int64(0), int64(1), int64(2)}, []any{x.Spans[2], x.Spans[11], x.Spans[20]}, "microseconds after the first")
}

func TestEveryGroupGetsAnExcerptBeforeAnyGetsTwo(t *testing.T) {
	all := map[auditor.TraceID][]auditor.TraceSpan{}
	var fs []auditor.Finding
	for i := range 250 {
		id := auditor.TraceID{1, byte(i >> 8), byte(i)}
		all[id] = line(150)
		v := auditor.VerdictLeak
		if i >= 200 {
			v = auditor.VerdictEscape
		}
		fs = append(fs, auditor.Finding{Verdict: v, TraceID: hex.EncodeToString(id[:])})
	}
	out, cut := chooseExcerpts(fs, groupNumbers(fs), all, newInterner())
	require.Len(t, out, maxExcerptSpans/150)
	require.Equal(t, 250-maxExcerptSpans/150, cut)
	for _, i := range []int{0, 1, 200, 249} {
		require.Contains(t, out, fs[i].TraceID, i)
	}
	require.NotContains(t, out, fs[199].TraceID, "the large group's last")
}

func TestGroupsAreOneBlameEach(t *testing.T) {
	a := auditor.Finding{Verdict: auditor.VerdictLeak, Blame: auditor.Blame{Service: "a", Where: auditor.WhereRouter}}
	b := a
	b.Blame.Service = "b"
	c := a
	c.Certainty = auditor.Proven
	require.Equal(t, []int{0, 1, 0}, groupNumbers([]auditor.Finding{a, b, c}))
}
