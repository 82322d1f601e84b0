package htmlreport

import (
	"encoding/hex"
	"maps"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// Bounds of the excerpts in a page.
const (
	maxExcerptSpans = 20_000 // over all traces
	maxTraceSpans   = 200    // of one trace
)

// excerpt is the spans of one trace, flat: nine values for each (encodeExcerpt).
type excerpt struct {
	Spans []any `json:"spans"`
	More  int   `json:"more"` // spans of the trace that are left out
}

// Parents that are no index into the excerpt.
const (
	parentNone    = -1 // a root
	parentUnknown = -2 // a parent that the excerpt lacks
)

// chooseExcerpts picks the traces whose spans go into the page: the first trace
// of every group of findings, then the second, until the bound. It returns them
// by hex trace id, and how many given traces of findings the bound cut.
func chooseExcerpts(fs []auditor.Finding, groups []int, all map[auditor.TraceID][]auditor.TraceSpan, strs *interner) (map[string]excerpt, int) {
	marks := markedSpans(fs)
	out := map[string]excerpt{}
	cut := map[string]struct{}{}
	used := 0
	for _, i := range roundRobin(groups) {
		for _, id := range []string{fs[i].TraceID, fs[i].Peer.TraceID} {
			spans := all[traceID(id)]
			if _, done := out[id]; done || len(spans) == 0 {
				continue
			}
			n := min(len(spans), maxTraceSpans)
			if used+n > maxExcerptSpans {
				cut[id] = struct{}{}
				continue
			}
			used += n
			out[id] = encodeExcerpt(trimTrace(spans, marks[traceID(id)]), len(spans)-n, strs)
		}
	}
	return out, len(cut)
}

// markedSpans returns the spans that a finding names, by trace.
func markedSpans(fs []auditor.Finding) map[auditor.TraceID]map[auditor.SpanID]bool {
	out := map[auditor.TraceID]map[auditor.SpanID]bool{}
	add := func(trace, span string) {
		t, s := traceID(trace), spanID(span)
		if t.IsZero() || s.IsZero() {
			return
		}
		if out[t] == nil {
			out[t] = map[auditor.SpanID]bool{}
		}
		out[t][s] = true
	}
	for i := range fs {
		f := &fs[i]
		add(f.TraceID, f.SpanID)
		add(f.Peer.TraceID, f.Peer.SpanID)
	}
	return out
}

// roundRobin orders findings so that every group comes to its turn.
func roundRobin(groups []int) []int {
	turn := make([]int, len(groups))
	seen := map[int]int{}
	order := make([]int, len(groups))
	for i, g := range groups {
		turn[i], order[i] = seen[g], i
		seen[g]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return turn[a] - turn[b] })
	return order
}

// trimTrace keeps at most maxTraceSpans: what findings name, then its children,
// then its ancestors from near to far, then the earliest. The order stays.
func trimTrace(spans []auditor.TraceSpan, marked map[auditor.SpanID]bool) []auditor.TraceSpan {
	if len(spans) <= maxTraceSpans {
		return spans
	}
	keep := map[int]bool{}
	keepWhere(spans, keep, func(s *auditor.TraceSpan) bool { return marked[s.SpanID] })
	named := slices.Sorted(maps.Keys(keep))
	keepWhere(spans, keep, func(s *auditor.TraceSpan) bool { return marked[s.ParentID] })
	keepAncestors(spans, named, keep)
	for i := 0; len(keep) < maxTraceSpans; i++ {
		keep[i] = true
	}
	out := make([]auditor.TraceSpan, 0, len(keep))
	for i := range spans {
		if keep[i] {
			out = append(out, spans[i])
		}
	}
	return out
}

// keepWhere keeps the spans that the test picks, while there is room.
func keepWhere(spans []auditor.TraceSpan, keep map[int]bool, test func(*auditor.TraceSpan) bool) {
	for i := range spans {
		if len(keep) < maxTraceSpans && test(&spans[i]) {
			keep[i] = true
		}
	}
}

// keepAncestors climbs from all the given spans by one level a round, so that
// none takes the others' room. What was climbed over once ends a climb: a loop.
func keepAncestors(spans []auditor.TraceSpan, level []int, keep map[int]bool) {
	index := indexSpans(spans)
	climbed := map[int]bool{}
	for len(level) > 0 {
		var next []int
		for _, i := range level {
			up, ok := index[spans[i].ParentID]
			if !ok || climbed[up] || len(keep) >= maxTraceSpans {
				continue
			}
			climbed[up], keep[up] = true, true
			next = append(next, up)
		}
		level = next
	}
}

func indexSpans(spans []auditor.TraceSpan) map[auditor.SpanID]int {
	index := make(map[auditor.SpanID]int, len(spans))
	for i := range spans {
		if _, dup := index[spans[i].SpanID]; !dup {
			index[spans[i].SpanID] = i
		}
	}
	return index
}

// encodeExcerpt flattens spans: id, parent (index), start in microseconds after
// the first, service, home, operation, kind, tag, colour; names interned.
func encodeExcerpt(spans []auditor.TraceSpan, more int, strs *interner) excerpt {
	index := indexSpans(spans)
	first := spans[0].Start
	for i := range spans {
		first = min(first, spans[i].Start)
	}
	out := make([]any, 0, 9*len(spans))
	for i := range spans {
		s := &spans[i]
		parent, known := index[s.ParentID]
		switch {
		case s.ParentID.IsZero():
			parent = parentNone
		case !known:
			parent = parentUnknown
		}
		out = append(out, hex.EncodeToString(s.SpanID[:]), parent, (s.Start-first)/1000, strs.id(s.Service), strs.id(s.Home),
			strs.id(s.Operation), int(s.Kind), strs.id(s.Tag), strs.id(s.Colour))
	}
	return excerpt{Spans: out, More: more}
}
