package auditor

import "errors"

// Mode is how an Engine treats time.
type Mode uint8

const (
	// Streaming keeps windows by arrival; findings come out as they are known.
	Streaming Mode = iota
	// Offline keeps all facts and judges at Close with liveness known beforehand;
	// windows of liveness are span time.
	Offline
)

// Options of an Engine; the zero value is usable.
type Options struct {
	Mode Mode
	// Sink receives findings, their upgrades and withdrawals, synchronously from
	// Add, Tick and Close. It must not call the Engine. Nil: nothing is emitted.
	Sink func(Finding)
	// Seed varies the hashing of the tables, against crafted collisions. Verdicts
	// do not depend on it.
	Seed uint64
	Limits
}

// Limits bound an Engine's memory; 0 means the default in brackets.
type Limits struct {
	MaxSpans     int // facts held in Streaming mode [4 Mi]; Offline keeps all
	MaxMessages  int // message facts held in Streaming mode [1 Mi]
	MaxTags      int // distinct tags and homes; the rest count as "other" [1024]
	MaxNames     int // distinct operations, topics, groups: each [64 Ki]
	MaxResources int // distinct resources [64 Ki]
	MaxFindings  int // open findings that can still be upgraded [1 Mi]
	MaxEdges     int // distinct edges of shares and topology [16 Ki]
}

// Engine judges spans. It is not safe for concurrent use: one goroutine at a
// time may call it.
type Engine struct{}

// New returns an engine for the policy. It fails on a policy that cannot hold:
// no keys, windows that are not positive, templates without their field.
func New(p Policy, o Options) (*Engine, error) { return nil, errors.New("not yet") }

// Resource interns a resource; the same content gives the same id.
func (e *Engine) Resource(r Resource) ResourceID { return 0 }

// Add takes the facts of one span that arrived at now (nanoseconds since the
// Unix epoch; Offline ignores it). Duplicates of a span are one span.
func (e *Engine) Add(now int64, s *Span) {}

// Tick lets time pass to now: windows end, what only time decides is decided.
// Now never goes back; an earlier now is ignored.
func (e *Engine) Tick(now int64) {}

// Close decides everything that is still open. Offline findings come out here.
// Afterwards only the reading methods may be called.
func (e *Engine) Close() {}

// Report returns the outcome so far with its open findings, the worst first.
// In Streaming mode hops count when they are settled or their window has ended.
func (e *Engine) Report() Report { return Report{} }

// Topology returns the edges seen, ordered by from, to and kind.
func (e *Engine) Topology() []Edge { return nil }

// Excerpts returns for each wanted trace up to max of the spans whose facts are
// held, in order of start. Meant for Offline.
func (e *Engine) Excerpts(want map[TraceID]bool, max int) map[TraceID][]TraceSpan { return nil }
