package dyetraceprocessor

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// The flags. All but keyFindings speak of the worst finding of the span.
const (
	keyVerdict   = flagPrefix + "verdict"
	keyFindings  = flagPrefix + "findings" // all of them: "verdict certainty code id"
	keyCode      = flagPrefix + "code"
	keyCertainty = flagPrefix + "certainty"
	keyExpected  = flagPrefix + "expected_env"
	keyPeerSpan  = flagPrefix + "peer.span_id"
	keyPeerTrace = flagPrefix + "peer.trace_id"
	// keySpan and keyTrace name the finding's own span, and its trace where that is
	// another one, where the flag sits on another span.
	keySpan  = flagPrefix + "span_id"
	keyTrace = flagPrefix + "trace_id"
)

// expectedBaseline stands where the traffic was baseline.
const expectedBaseline = "baseline"

// flag puts the findings of a batch on its spans and returns how many spans got
// flags. A finding goes on its own span where that is in the batch, else on the
// span that brought it to light: the one in hand when both halves were known.
func flag(td ptrace.Traces, found []enginehost.Found) int {
	open := latest(found)
	if len(open) == 0 {
		return 0
	}
	spans := locate(td, open)
	byPlace := map[int][]auditor.Finding{}
	for _, f := range open {
		at := f.At
		if own, here := spans.own[idOf(&f.Finding)]; here {
			at = own
		}
		byPlace[at] = append(byPlace[at], f.Finding)
	}
	for at, list := range byPlace {
		put(spans.at[at], list)
	}
	return len(byPlace)
}

// latest keeps the last word on each finding; what was taken back within the batch
// goes.
func latest(found []enginehost.Found) []enginehost.Found {
	last := make(map[string]int, len(found))
	for i := range found {
		last[found[i].Finding.ID] = i
	}
	var open []enginehost.Found
	for i := range found {
		if f := &found[i].Finding; last[f.ID] == i && f.State == auditor.StateOpen {
			open = append(open, found[i])
		}
	}
	return open
}

// spanID names a span.
type spanID struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// idOf is a finding's own span; the zero spanID, which no span has, where its ids
// are no ids.
func idOf(f *auditor.Finding) spanID {
	var id spanID
	_, errTrace := hex.Decode(id.trace[:], []byte(f.TraceID[:min(len(f.TraceID), 32)]))
	_, errSpan := hex.Decode(id.span[:], []byte(f.SpanID[:min(len(f.SpanID), 16)]))
	if errTrace != nil || errSpan != nil {
		return spanID{}
	}
	return id
}

// places are the spans of a batch that findings speak of.
type places struct {
	own map[spanID]int      // findings' own spans
	at  map[int]ptrace.Span // those, and the spans in hand, by their number
}

// locate goes through the batch once. Of duplicates the first one counts.
func locate(td ptrace.Traces, open []enginehost.Found) places {
	p := places{own: map[spanID]int{}, at: map[int]ptrace.Span{}}
	wanted, hands := map[spanID]bool{}, map[int]bool{}
	for i := range open {
		wanted[idOf(&open[i].Finding)] = true
		hands[open[i].At] = true
	}
	n := 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				id := spanID{sp.TraceID(), sp.SpanID()}
				_, twice := p.own[id]
				own := wanted[id] && !twice
				if own {
					p.own[id] = n
				}
				if own || hands[n] {
					p.at[n] = sp
				}
				n++
			}
		}
	}
	return p
}

// put writes the flags of one span.
func put(sp ptrace.Span, list []auditor.Finding) {
	slices.SortFunc(list, worse)
	worst, attrs := &list[0], sp.Attributes()
	attrs.PutStr(keyVerdict, string(worst.Verdict))
	attrs.PutStr(keyCertainty, string(worst.Certainty))
	attrs.PutStr(keyExpected, expected(worst))
	putText(attrs, keyCode, string(worst.Code))
	putText(attrs, keyPeerSpan, worst.Peer.SpanID)
	putText(attrs, keyPeerTrace, worst.Peer.TraceID)
	if worst.SpanID != sp.SpanID().String() {
		attrs.PutStr(keySpan, worst.SpanID)
	}
	if worst.TraceID != sp.TraceID().String() {
		attrs.PutStr(keyTrace, worst.TraceID)
	}
	all := attrs.PutEmptySlice(keyFindings)
	all.EnsureCapacity(len(list))
	for i := range list {
		f := &list[i]
		all.AppendEmpty().SetStr(strings.Join([]string{string(f.Verdict), string(f.Certainty), cmp.Or(string(f.Code), "-"), f.ID}, " "))
	}
}

func putText(attrs pcommon.Map, key, value string) {
	if value != "" {
		attrs.PutStr(key, value)
	}
}

// expected is the environment that the traffic belonged to.
func expected(f *auditor.Finding) string {
	if f.Verdict == auditor.VerdictInjection || f.Env == "" {
		return expectedBaseline
	}
	return f.Env
}

// worse orders findings: proven first, then by severity, then by id.
func worse(a, b auditor.Finding) int {
	return cmp.Or(
		strings.Compare(string(a.Certainty), string(b.Certainty)), // "proven" < "suspected"
		cmp.Compare(rank(a.Verdict), rank(b.Verdict)),
		strings.Compare(a.ID, b.ID),
	)
}

// rank is a verdict's place in the catalogue, the most severe leading.
func rank(v auditor.Verdict) int {
	return slices.IndexFunc(auditor.Catalogue(), func(e auditor.Entry) bool { return e.Verdict == v })
}
