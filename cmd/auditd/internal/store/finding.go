package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// Record is a finding with what the store knows of it.
type Record struct {
	// Finding is the current state. Its revision is the store's: 1, then one more
	// with each change, across runs.
	Finding auditor.Finding
	Stored  time.Time // first
	Changed time.Time // last
	// History is all that was stored of it, oldest first, the current state and
	// what did not replace anything included.
	History []Change
}

// Change is one entry of a finding's history.
type Change struct {
	Seq     int64 // order over all findings
	Run     string
	At      time.Time
	Kind    ChangeKind
	Finding auditor.Finding // as it was from here on; Weaker: what was said
}

// ChangeKind is what an entry did to a finding.
type ChangeKind string

// The kinds of changes.
const (
	Found     ChangeKind = "found"     // stored for the first time, or open again
	Updated   ChangeKind = "updated"   // upgraded or corrected
	Withdrawn ChangeKind = "withdrawn" // taken back
	Weaker    ChangeKind = "weaker"    // another run knows less: kept, but replaces nothing
	Repeated  ChangeKind = "repeated"  // another run says the same; never in a History
)

// FindingQuery selects findings. A list matches any of its values; an empty one
// matches all. An empty text in a list matches the empty field.
type FindingQuery struct {
	Verdicts    []auditor.Verdict
	Certainties []auditor.Certainty
	States      []auditor.State
	Axes        []auditor.Axis
	Kinds       []auditor.HopKind
	Codes       []auditor.Code
	Services    []string
	Homes       []string
	Envs        []string
	Dests       []string
	Groups      []string
	Blames      []string  // services that are blamed
	TraceID     string    // "" all
	From, To    time.Time // of the finding's time, from inclusive, to exclusive; zero: open
	After       Cursor    // where the page begins; zero: at the newest
	Limit       int       // 1..MaxPage
}

// MaxPage is the most findings of a page.
const MaxPage = 1000

// Match reports whether a finding is among those asked for; After and Limit do
// not matter.
func (q *FindingQuery) Match(f *auditor.Finding) bool {
	return has(q.Verdicts, f.Verdict) && has(q.Certainties, f.Certainty) && has(q.States, f.State) &&
		has(q.Axes, f.Axis) && has(q.Kinds, f.Kind) && has(q.Codes, f.Code) &&
		has(q.Services, f.Service) && has(q.Homes, f.Home) && has(q.Envs, f.Env) &&
		has(q.Dests, f.Destination) && has(q.Groups, f.Group) && has(q.Blames, f.Blame.Service) &&
		(q.TraceID == "" || q.TraceID == f.TraceID) &&
		(q.From.IsZero() || !f.Time.Before(q.From)) && (q.To.IsZero() || f.Time.Before(q.To))
}

func has[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// FindingPage is a page of findings.
type FindingPage struct {
	Findings []auditor.Finding
	Next     Cursor // zero: this was the last page
}

// Cursor is a place in the order of findings, behind one of them. It stays where
// it is whatever is stored or deleted.
type Cursor struct {
	Time int64 // nanoseconds since the Unix epoch
	ID   string
}

// CursorOf returns the place behind f.
func CursorOf(f *auditor.Finding) Cursor { return Cursor{f.Time.UnixNano(), f.ID} }

// IsZero reports whether c is no place.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String gives the cursor for an API: opaque, of URL-safe characters; "" for zero.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	text, err := json.Marshal([]any{c.Time, c.ID})
	if err != nil { // a number and a string
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseCursor reads what String gave; ErrInvalid.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, fmt.Errorf("cursor: %w: use one that an answer gave as next", ErrInvalid)
	}
	var c Cursor
	if err := json.Unmarshal(text, &[]any{&c.Time, &c.ID}); err != nil || c.String() != s {
		return Cursor{}, fmt.Errorf("cursor: %w: use one that an answer gave as next", ErrInvalid)
	}
	return c, nil
}

// All reports whether q has no filter; the range, After and Limit do not count.
func (q *FindingQuery) All() bool {
	return len(q.Verdicts)+len(q.Certainties)+len(q.States)+len(q.Axes)+len(q.Kinds)+len(q.Codes)+
		len(q.Services)+len(q.Homes)+len(q.Envs)+len(q.Dests)+len(q.Groups)+len(q.Blames) == 0 && q.TraceID == ""
}
