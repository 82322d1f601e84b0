package auditor

// Report is the whole outcome of an audit; the JSON is the contract of
// design.md section 5.
type Report struct {
	Version  int       `json:"version"` // always 1
	Summary  Summary   `json:"summary"`
	Shares   []Share   `json:"shares"`
	Findings []Finding `json:"findings"`
}

// Summary counts what was seen and judged.
type Summary struct {
	Spans  uint64 `json:"spans"`  // distinct spans
	Traces uint64 `json:"traces"` // distinct trace ids
	Hops   uint64 `json:"hops"`   // hops that have an upstream reference
	Judged uint64 `json:"judged"`
	// Coverage is Judged/Hops, 0..1; 0 where there is no hop: no data is not a pass.
	Coverage float64 `json:"coverage"`
	// Undecidable counts the hops not judged, by Reason.
	Undecidable map[Reason]uint64 `json:"undecidable"`
	// Findings counts the open findings by verdict.
	Findings map[Verdict]uint64 `json:"findings"`
	// Placement is the same coverage for the other axis: entry spans.
	Placement PlacementSummary `json:"placement"`
	// Warnings are hints that are no findings: silent homes, limits reached.
	Warnings []Warning `json:"warnings"`
}

// PlacementSummary is the coverage of the placement axis over entry spans.
type PlacementSummary struct {
	Seen        uint64             `json:"seen"`
	Judged      uint64             `json:"judged"`
	Coverage    float64            `json:"coverage"`
	Verdicts    map[Verdict]uint64 `json:"verdicts"`
	Undecidable map[Reason]uint64  `json:"undecidable"`
}

// Warning is a hint to the operator, once for each subject.
type Warning struct {
	Kind    string `json:"kind"` // silent, or the limit that was reached: tag_limit, …
	Subject string `json:"subject"`
	Message string `json:"message"`
}

// Basis is what a share rests on.
type Basis string

const (
	// BasisAdjusted: every span in scope has a sampling threshold.
	BasisAdjusted Basis = "adjusted"
	// BasisSpans: none has; the raw ratio.
	BasisSpans Basis = "spans"
	// BasisMixed: some have; no number is given.
	BasisMixed Basis = "mixed"
)

// Share is the part of a scope's traffic that carries Env.
type Share struct {
	By    string  `json:"by"`   // service, topic or edge
	Name  string  `json:"name"` // an edge is "from->to"
	Env   string  `json:"env"`
	Count float64 `json:"count"`
	Total float64 `json:"total"`
	// Share is Count/Total; nil where Basis is mixed.
	Share *float64 `json:"share"`
	Basis Basis    `json:"basis"`
}

// Edge is one arrow of the topology with its counts, for pictures.
type Edge struct {
	From, To    Node
	Kind        HopKind
	Destination string // topic of a message hop
	// Hops counts the hops by the tag that the traffic carried ("" is baseline).
	Hops map[string]uint64
	// Findings counts the open findings on it by verdict.
	Findings map[Verdict]uint64
}

// Node is a workload: a service in a home. Home is "" when unknown.
type Node struct {
	Service  string
	Home     string
	Baseline bool // Home is a baseline value
}

// TraceSpan is one line of a trace's excerpt, from facts.
type TraceSpan struct {
	SpanID, ParentID SpanID
	Start            int64 // nanoseconds since the Unix epoch
	Service, Home    string
	Operation        string
	Kind             Kind
	Tag              string // the tag it showed; "" none
	Colour           string // what leaves it: unknown, baseline, a tag, lost(tag)
}
