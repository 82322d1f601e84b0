package audittest

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

// Arrival is one span as it reaches the auditor. Span.Resource is not set:
// intern Resource first. Slices of the Span are shared between feeds and must
// not be changed.
type Arrival struct {
	At       int64 // nanoseconds since the Unix epoch
	Span     auditor.Span
	Resource auditor.Resource
}

// Feed is one order in which the spans of a case reach the auditor.
type Feed struct {
	Name     string
	Arrivals []Arrival
}

// Policy parses the case's policy; errors name the line of the script.
func (c *Case) Policy() (auditor.Policy, error) {
	p, _, err := policyfile.Parse(c.File, []byte(c.PolicyYAML()))
	return p, err
}

// Timed returns the spans in the order and at the times of their arrival.
func (c *Case) Timed() []Arrival {
	var out []Arrival
	for _, s := range c.Spans {
		for range s.Copies {
			out = append(out, Arrival{At: s.Arrives, Span: s.Span, Resource: s.Resource})
		}
	}
	slices.SortStableFunc(out, func(a, b Arrival) int { return int(min(1, max(-1, a.At-b.At))) })
	return out
}

// Feeds returns the orders that a case must come out the same in: as it
// arrives, and, with the clock stopped, reversed, shuffled and with every span
// twice. The clock cannot stop where arrivals lie further apart than within: it
// would put sightings into a window that the case keeps apart.
func (c *Case) Feeds(within time.Duration) []Feed {
	timed := c.Timed()
	feeds := []Feed{{"timed", timed}}
	first, last := timed[0].At, timed[len(timed)-1].At
	if time.Duration(last-first) > within {
		return append(feeds, Feed{"timed twice", twice(timed)})
	}
	stopped := slices.Clone(timed)
	for i := range stopped {
		stopped[i].At = last
	}
	reversed := slices.Clone(stopped)
	slices.Reverse(reversed)
	feeds = append(feeds, Feed{"reversed", reversed}, Feed{"twice", twice(stopped)})
	random := rand.New(rand.NewPCG(uint64(len(stopped)), 1))
	for _, name := range []string{"shuffled 1", "shuffled 2", "shuffled 3", "shuffled 4"} {
		shuffled := slices.Clone(stopped)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		feeds = append(feeds, Feed{name, shuffled})
	}
	return feeds
}

// twice repeats every arrival right after itself.
func twice(in []Arrival) []Arrival {
	out := make([]Arrival, 0, 2*len(in))
	for _, a := range in {
		out = append(out, a, a)
	}
	return out
}

func hexID(id []byte) string { return hex.EncodeToString(id) }
