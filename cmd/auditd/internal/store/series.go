package store

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// SeriesKind is what a series counts.
type SeriesKind string

// The kinds of series and the fields that they use besides Basis.
const (
	// Traffic: entry spans of Service in Home by Env; with Destination the messages
	// produced to it. The basis of shares.
	Traffic SeriesKind = "traffic"
	// Edges: hops from Peer to Service/Home by Env (carried), Shown, HopKind,
	// Destination and Outcome (the verdict).
	Edges SeriesKind = "edges"
	// Hops: hops into Service/Home by Env, HopKind, Destination, Group and Outcome
	// (the verdict).
	Hops SeriesKind = "hops"
	// Propagation and Placement: coverage of an axis; Outcome is OutcomeSeen,
	// OutcomeJudged or the reason why hops were not judged.
	Propagation SeriesKind = "propagation"
	Placement   SeriesKind = "placement"
)

// Outcomes of coverage that are no auditor.Reason.
const (
	OutcomeSeen   = "seen"
	OutcomeJudged = "judged"
)

// Series names what is counted. Which fields are used depends on Kind; the others
// are empty. It is comparable.
type Series struct {
	Kind        SeriesKind
	Service     string
	Home        string
	Env         string // "" is baseline
	Destination string
	Group       string
	HopKind     auditor.HopKind
	Outcome     string
	PeerService string
	PeerHome    string
	Shown       string // the tag that the downstream span shows
	// Basis of the numbers: adjusted or spans; empty where counts are plain.
	Basis auditor.Basis
	// Overflow: what was counted after the limit of series was reached, all
	// together; no other field but Kind is set.
	Overflow bool
}

// Texts returns the text fields in a fixed order, for engines.
func (s *Series) Texts() [11]string {
	return [...]string{
		string(s.Kind), s.Service, s.Home, s.Env, s.Destination, s.Group, string(s.HopKind), s.Outcome,
		s.PeerService, s.PeerHome, s.Shown,
	}
}

// Compare orders series.
func (s *Series) Compare(o *Series) int {
	a, b := s.Texts(), o.Texts()
	for i := range a {
		if c := strings.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(strings.Compare(string(s.Basis), string(o.Basis)), cmp.Compare(flag(s.Overflow), flag(o.Overflow)))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Total is what a series had counted since its run began.
type Total struct {
	Series Series
	Value  float64 // cumulative, finite, not negative
}

// SumQuery asks for sums of roll-ups.
type SumQuery struct {
	Filter Filter
	// From and To bound the minutes, From inclusive, To exclusive. They must be
	// whole minutes, whole hours where Step is hours, and From before To.
	From, To time.Time
	// Step is the width of one sum: whole minutes below an hour, or whole hours.
	// Zero: one sum over all.
	Step time.Duration
}

// Filter selects series. A nil field matches any value; an empty text the empty one.
type Filter struct {
	Kind        SeriesKind // required
	Service     *string
	Home        *string
	Env         *string
	Destination *string
	Group       *string
	PeerService *string
	PeerHome    *string
}

// Match reports whether the filter takes s. Overflow matches only filters of its
// kind without fields.
func (f *Filter) Match(s *Series) bool {
	return f.Kind == s.Kind && is(f.Service, s.Service) && is(f.Home, s.Home) && is(f.Env, s.Env) &&
		is(f.Destination, s.Destination) && is(f.Group, s.Group) && is(f.PeerService, s.PeerService) && is(f.PeerHome, s.PeerHome) &&
		(!s.Overflow || *f == Filter{Kind: f.Kind})
}

func is(want *string, have string) bool { return want == nil || *want == have }

// Sum is what a series counted in a range.
type Sum struct {
	Series Series
	Total  float64
	// Points are the sums of the steps: the i-th begins at From + i*Step; the last
	// may be cut by To. Nil without Step.
	Points []float64
}

// MaxCells bounds the numbers of one answer: steps times series, 32 MB.
const MaxCells = 4 << 20

// Steps returns how many sums a series has, or ErrInvalid: 0 without Step.
func (q *SumQuery) Steps() (int, error) {
	switch {
	case q.Filter.Kind == "":
		return 0, fmt.Errorf("kind of series: %w: none given", ErrInvalid)
	case !q.From.Before(q.To):
		return 0, fmt.Errorf("time range: %w: it ends before it begins", ErrInvalid)
	case q.From.Before(minTime) || q.To.After(maxTime):
		return 0, fmt.Errorf("time range: %w: use years from 1970 to 2200", ErrInvalid)
	case !whole(q.From, time.Minute) || !whole(q.To, time.Minute):
		return 0, fmt.Errorf("time range: %w: not whole minutes", ErrInvalid)
	case q.Step == 0:
		return 0, nil
	case q.Step < time.Minute || q.Step%time.Minute != 0 || q.Step > time.Hour && q.Step%time.Hour != 0:
		return 0, fmt.Errorf("step: %w: use whole minutes up to an hour, or whole hours", ErrInvalid)
	case q.Step >= time.Hour && (!whole(q.From, time.Hour) || !whole(q.To, time.Hour)):
		return 0, fmt.Errorf("time range: %w: not whole hours, but the step is", ErrInvalid)
	}
	n := (q.To.Sub(q.From) + q.Step - 1) / q.Step
	if n > MaxCells {
		return 0, fmt.Errorf("%d steps: %w: take a wider step or a shorter range", n, ErrTooMuch)
	}
	return int(n), nil
}

// The times that roll-ups can have: far enough for any clock that runs.
//
//nolint:gochecknoglobals // constants that Go cannot write as such
var (
	minTime = time.Unix(0, 0)
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// CheckTime returns ErrInvalid for a time that no roll-up can have.
func CheckTime(t time.Time) error {
	if t.Before(minTime) || !t.Before(maxTime) {
		return fmt.Errorf("time %s: %w: look at the clock", t.Format(time.RFC3339), ErrInvalid)
	}
	return nil
}

func whole(t time.Time, d time.Duration) bool { return t.UnixNano()%int64(d) == 0 }
