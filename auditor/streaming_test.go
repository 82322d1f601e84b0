package auditor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
)

// arrival is one span with its resource, as a unit that can be moved about.
type arrival struct {
	resource pcommon.Resource
	span     ptrace.Span
}

func (c *corpus) arrivals() []arrival {
	var out []arrival
	for _, td := range c.data {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					out = append(out, arrival{rs.Resource(), sp})
				}
			}
		}
	}
	return out
}

// wide makes all windows longer than any corpus, as the streaming property needs.
func (c *corpus) wide() *corpus {
	w := *c
	w.policy.Windows = auditor.Windows{Pair: 10 * time.Minute, Liveness: 10 * time.Minute, Stranded: 10 * time.Minute, Grace: time.Minute}
	return &w
}

// stream feeds the spans in the given order, each at its time, then runs the
// clock out. It returns the findings that are open in the end, by id.
func stream(t require.TestingT, p auditor.Policy, spans []arrival, at func(i int) int64) (map[string]auditor.Finding, *auditor.Engine) {
	open := map[string]auditor.Finding{}
	revision := map[string]int{}
	e, err := auditor.New(p, auditor.Options{Sink: func(f auditor.Finding) {
		require.Greater(t, f.Revision, revision[f.ID], "revisions only grow")
		revision[f.ID] = f.Revision
		if f.State == auditor.StateWithdrawn {
			delete(open, f.ID)
		} else {
			open[f.ID] = f
		}
	}})
	require.NoError(t, err)
	d := otlp.NewDecoder(p.Keys, otlp.Options{})
	var s auditor.Span
	now := int64(0)
	for i, a := range spans {
		now = max(now, at(i))
		e.Tick(now)
		d.Span(a.span, e.Resource(d.Resource(a.resource)), &s)
		e.Add(now, &s)
	}
	for range 64 {
		now += int64(time.Minute)
		e.Tick(now)
	}
	e.Close()
	return open, e
}

func offline(t require.TestingT, p auditor.Policy, spans []arrival) map[string]auditor.Finding {
	e, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	require.NoError(t, err)
	d := otlp.NewDecoder(p.Keys, otlp.Options{})
	var s auditor.Span
	for _, a := range spans {
		d.Span(a.span, e.Resource(d.Resource(a.resource)), &s)
		e.Add(0, &s)
	}
	e.Close()
	return byID(e.Report().Findings)
}

func byID(list []auditor.Finding) map[string]auditor.Finding {
	out := map[string]auditor.Finding{}
	for _, f := range list {
		f.Revision = 1
		out[f.ID] = f
	}
	return out
}

func requireSame(t require.TestingT, want, got map[string]auditor.Finding) {
	for id, f := range got {
		f.Revision = 1
		require.Equal(t, want[id], f, "streaming tells another story than check")
	}
	require.Len(t, got, len(want))
}

// TestStreamingEqualsCheck: any permutation, re-batching, duplication and delay
// within the windows gives the findings of check.
func TestStreamingEqualsCheck(t *testing.T) {
	for _, c := range loadCorpora(t) {
		c := c.wide()
		t.Run(c.name, func(t *testing.T) {
			spans := c.arrivals()
			want := offline(t, c.policy, spans)
			t.Run("file order", func(t *testing.T) {
				got, _ := stream(t, c.policy, spans, func(i int) int64 { return int64(i) * int64(time.Millisecond) })
				requireSame(t, want, got)
			})
			rapid.Check(t, func(rt *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
				order := shuffled(spans, r, rapid.SampledFrom([]int{0, 50, 1 << 30}).Draw(rt, "reach"))
				for range rapid.IntRange(0, 200).Draw(rt, "duplicates") {
					order = append(order, order[r.IntN(len(order))])
				}
				step := rapid.SampledFrom([]time.Duration{0, time.Microsecond, 100 * time.Millisecond}).Draw(rt, "step")
				batch := rapid.IntRange(1, 600).Draw(rt, "batch")
				got, _ := stream(rt, c.policy, order, func(i int) int64 { return int64(i/batch*batch) * int64(step) })
				requireSame(rt, want, got)
			})
		})
	}
}

// shuffled permutes spans, each by at most about reach places.
func shuffled(spans []arrival, r *rand.Rand, reach int) []arrival {
	out := append([]arrival(nil), spans...)
	if reach == 0 {
		return out
	}
	for i := range out {
		j := min(len(out)-1, i+r.IntN(min(reach, len(out))))
		out[i], out[j] = out[j], out[i]
	}
	return out
}
