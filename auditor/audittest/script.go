package audittest

import (
	"fmt"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// Start is the instant that every case begins at; all offsets count from it.
// Policies may name it: 2026-11-21T12:00:00Z.
func Start() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// Bounds of a script: they keep a hostile file from taking memory.
const (
	MaxBytes    = 1 << 20 // size of a file
	MaxSpans    = 20_000  // span lines of a file
	MaxDepth    = 128     // levels of a tree
	MaxLinks    = 1024    // links of a span
	MaxFindings = 16      // findings expected of one span
)

// Script is one parsed file.
type Script struct {
	Name  string
	Cases []Case
}

// Case is one set of traces with one policy; cases share nothing.
type Case struct {
	File string
	Line int
	Name string
	// Covers names the codes and traps of taxonomy.md that the case shows.
	Covers []string
	Spans  []SpanLine
	Report []ReportLine
	// common is the file's policy, own the case's.
	common, own []policyLine
}

// SpanLine is one line of a tree. Lines of spans that are drawn but never
// exported are not kept.
type SpanLine struct {
	Line     int
	Trace    string // the trace's name in the script
	Label    string // without its #; empty when it has none
	Span     auditor.Span
	Resource auditor.Resource
	// Arrives is when the span reaches the auditor, in nanoseconds since the Unix
	// epoch. It is the start by a true clock unless the script says otherwise.
	Arrives int64
	Copies  int // 2 for a duplicate, else 1
	Expect  []Expect
}

// Expect is one expected finding. Empty fields and nil pointers match anything.
type Expect struct {
	Verdict   auditor.Verdict
	Certainty auditor.Certainty
	// Maybe: the rules leave it open whether there is a finding; if there is one
	// it must match.
	Maybe bool
	Code  *auditor.Code
	// Effect, Env, Group, MessageID and Operation are compared when not nil.
	Effect                           *auditor.Verdict
	Env, Group, MessageID, Operation *string
	Kind                             auditor.HopKind
	BlameService                     string
	BlameWhere                       auditor.Where
	// Peer is the label of the upstream span: "" anything, "none" not seen.
	Peer   string
	peerID auditor.SpanID
	text   string
}

// String returns the expectation as it stands in the script.
func (e Expect) String() string { return e.text }

// ReportLine is one expectation of the report as a whole.
type ReportLine struct {
	Line int
	text string
	// check returns what is wrong, or "".
	check func(*auditor.Report) string
}

// Error says where a script is wrong and what to do about it.
type Error struct {
	File         string
	Line, Column int // both from 1; the column counts bytes
	Problem      string
	Advice       string
}

// Error returns "file:line:column: problem; advice".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", e.File, e.Line, e.Column, e.Problem, e.Advice)
}
