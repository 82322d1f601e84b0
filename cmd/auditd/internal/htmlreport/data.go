package htmlreport

import (
	"encoding/hex"
	"encoding/json"

	"github.com/dyetrace/dyetrace/auditor"
)

// payload is the data block of the page. Repeated strings are in Strings once;
// Columns hold indices into it, one column for each field of a finding.
type payload struct {
	Strings  []string            `json:"strings"`
	Columns  map[string][]int    `json:"columns"`
	IDs      map[string][]string `json:"ids"`   // fields that hardly repeat
	Times    []int64             `json:"times"` // milliseconds since the Unix epoch; 0 unknown
	Groups   []int               `json:"groups"`
	Hue      map[string]int      `json:"hue"`
	Baseline []string            `json:"baseline"`
	Verdicts []auditor.Verdict   `json:"verdicts"`
	Words    map[string]string   `json:"words"`
	Traces   map[string]excerpt  `json:"traces"`
	LeftOut  int                 `json:"left_out"` // traces whose excerpt the bound cut
}

// column is a field of a finding that repeats.
type column struct {
	name string
	get  func(*auditor.Finding) string
}

func columns() []column {
	type f = *auditor.Finding
	return []column{
		{"axis", func(f f) string { return string(f.Axis) }},
		{"verdict", func(f f) string { return string(f.Verdict) }},
		{"certainty", func(f f) string { return string(f.Certainty) }},
		{"code", func(f f) string { return string(f.Code) }},
		{"trace_id", func(f f) string { return f.TraceID }},
		{"service", func(f f) string { return f.Service }},
		{"home", func(f f) string { return f.Home }},
		{"env", func(f f) string { return f.Env }},
		{"kind", func(f f) string { return string(f.Kind) }},
		{"system", func(f f) string { return f.System }},
		{"destination", func(f f) string { return f.Destination }},
		{"group", func(f f) string { return f.Group }},
		{"message_id", func(f f) string { return f.MessageID }},
		{"effect", func(f f) string { return string(f.Effect) }},
		{"explain", func(f f) string { return f.Explain }},
		{"peer_trace_id", func(f f) string { return f.Peer.TraceID }},
		{"peer_service", func(f f) string { return f.Peer.Service }},
		{"peer_home", func(f f) string { return f.Peer.Home }},
		{"peer_env", func(f f) string { return f.Peer.Env }},
		{"blame_service", func(f f) string { return f.Blame.Service }},
		{"blame_operation", func(f f) string { return f.Blame.Operation }},
		{"blame_where", func(f f) string { return string(f.Blame.Where) }},
	}
}

// interner keeps each string once, clean.
type interner struct {
	index map[string]int
	all   []string
}

func newInterner() *interner { return &interner{index: map[string]int{"": 0}, all: []string{""}} }

func (n *interner) id(s string) int {
	i, ok := n.index[s]
	if !ok {
		i = len(n.all)
		n.index[s], n.all = i, append(n.all, clean(s))
	}
	return i
}

// pageData encodes the data block. encoding/json writes <, > and & as \u
// escapes, so no name can end the script element that the block stands in.
func pageData(in Input, colours palette) ([]byte, error) {
	fs := in.Report.Findings
	groups := groupNumbers(fs)
	strs := newInterner()
	traces, left := chooseExcerpts(fs, groups, in.Excerpts, strs)
	p := payload{
		Columns: map[string][]int{}, Groups: groups, Hue: colours.hue, Traces: traces, LeftOut: left,
		IDs:      map[string][]string{"id": {}, "span_id": {}, "peer_span_id": {}},
		Times:    make([]int64, len(fs)),
		Verdicts: verdictOrder(), Words: map[string]string{},
	}
	for _, c := range columns() {
		cells := make([]int, len(fs))
		for i := range fs {
			cells[i] = strs.id(c.get(&fs[i]))
		}
		p.Columns[c.name] = cells
	}
	p.addRare(fs)
	for _, v := range verdictOrder() {
		p.Words[string(v)] = verdictWords(v)
	}
	p.Strings, p.Baseline = strs.all, colours.baselines()
	return json.Marshal(p)
}

// addRare fills in what no two findings share.
func (p *payload) addRare(fs []auditor.Finding) {
	for i := range fs {
		p.IDs["id"] = append(p.IDs["id"], fs[i].ID)
		p.IDs["span_id"] = append(p.IDs["span_id"], fs[i].SpanID)
		p.IDs["peer_span_id"] = append(p.IDs["peer_span_id"], fs[i].Peer.SpanID)
		if !fs[i].Time.IsZero() {
			p.Times[i] = fs[i].Time.UnixMilli()
		}
	}
}

// groupNumbers gives findings that blame the same thing for the same fault the
// same number, counted in order of appearance: worst first, like the findings.
func groupNumbers(fs []auditor.Finding) []int {
	type key struct {
		verdict, effect auditor.Verdict
		code            auditor.Code
		blame           auditor.Blame
		destination     string
	}
	seen := map[key]int{}
	out := make([]int, len(fs))
	for i := range fs {
		f := &fs[i]
		k := key{f.Verdict, f.Effect, f.Code, f.Blame, f.Destination}
		n, ok := seen[k]
		if !ok {
			n = len(seen)
			seen[k] = n
		}
		out[i] = n
	}
	return out
}

// traceID reads the hex of a finding; zero where it is none.
func traceID(s string) auditor.TraceID {
	var t auditor.TraceID
	if len(s) == 2*len(t) {
		if _, err := hex.Decode(t[:], []byte(s)); err != nil {
			return auditor.TraceID{}
		}
	}
	return t
}

// spanID reads the hex of a finding; zero where it is none.
func spanID(s string) auditor.SpanID {
	var t auditor.SpanID
	if len(s) == 2*len(t) {
		if _, err := hex.Decode(t[:], []byte(s)); err != nil {
			return auditor.SpanID{}
		}
	}
	return t
}
