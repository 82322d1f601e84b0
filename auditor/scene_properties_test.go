package auditor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/auditor"
)

func feed(e *auditor.Engine, now int64, f *fact) {
	s := f.span
	s.Resource = e.Resource(f.res)
	e.Add(now, &s)
}

// checkScene audits facts offline.
func checkScene(t require.TestingT, p auditor.Policy, facts []fact) auditor.Report {
	e, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	require.NoError(t, err)
	for i := range facts {
		feed(e, 0, &facts[i])
	}
	e.Close()
	return e.Report()
}

// streamScene feeds facts in their order, time moving by step after each batch,
// and then runs the clock out. It returns the findings open in the end.
func streamScene(t require.TestingT, p auditor.Policy, facts []fact, batch int, step time.Duration) (map[string]auditor.Finding, auditor.Report) {
	open, last := map[string]auditor.Finding{}, map[string]auditor.Finding{}
	e, err := auditor.New(p, auditor.Options{Sink: func(f auditor.Finding) {
		require.Greater(t, f.Revision, last[f.ID].Revision, "revisions only grow: %+v", f)
		last[f.ID] = f
		if delete(open, f.ID); f.State == auditor.StateOpen {
			open[f.ID] = f
		}
	}})
	require.NoError(t, err)
	now := sceneStart
	for i := range facts {
		if i%batch == 0 {
			now += int64(step)
		}
		feed(e, now, &facts[i])
	}
	for range 200 {
		now += int64(5 * time.Minute)
		e.Tick(now)
	}
	e.Close()
	return open, e.Report()
}

// TestSceneStreamingEqualsCheck: for random traffic, any order of arrival,
// batches and duplicates within the windows give the findings of check, and the
// same counters.
func TestSceneStreamingEqualsCheck(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		want := checkScene(rt, s.policy, s.facts)
		order := rapid.Permutation(s.facts).Draw(rt, "order")
		for range rapid.IntRange(0, 3).Draw(rt, "duplicates") {
			order = append(order, rapid.SampledFrom(s.facts).Draw(rt, "again"))
		}
		batch := rapid.IntRange(1, 8).Draw(rt, "batch")
		step := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 30 * time.Second}).Draw(rt, "step")
		got, report := streamScene(rt, s.policy, order, batch, step)
		requireSame(rt, byID(want.Findings), got)
		requireSameCounts(rt, want.Summary, report.Summary)
		require.Equal(rt, want.Shares, report.Shares)
	})
}

// requireSameCounts compares what both modes count; traces are counted offline.
func requireSameCounts(t require.TestingT, want, got auditor.Summary) {
	got.Traces = want.Traces
	require.Equal(t, want, got)
}

// TestSceneOrderOfCheck: check does not depend on the order of its input.
func TestSceneOrderOfCheck(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		want := checkScene(rt, s.policy, s.facts)
		got := checkScene(rt, s.policy, rapid.Permutation(s.facts).Draw(rt, "order"))
		require.Equal(rt, want, got)
	})
}

// TestSceneRemovedSpansProveNothing: removing random spans never puts a proven
// finding into a trace that had none.
func TestSceneRemovedSpansProveNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		before := provenTraces(byID(checkScene(rt, s.policy, s.facts).Findings))
		var left []fact
		for i := range s.facts {
			if rapid.IntRange(0, 3).Draw(rt, "keep") > 0 {
				left = append(left, s.facts[i])
			}
		}
		for trace, f := range provenTraces(byID(checkScene(rt, s.policy, left).Findings)) {
			require.Contains(rt, before, trace, "proven out of nothing: %+v", f)
		}
	})
}
