package auditor_test

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// isHex reports whether s is n lower-case hex digits.
func isHex(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789abcdef") == "" }

// watcher is a sink that holds every finding against the contract.
type watcher struct {
	t    require.TestingT
	last map[string]auditor.Finding
	told int
}

func watch(t require.TestingT) *watcher { return &watcher{t: t, last: map[string]auditor.Finding{}} }

func (w *watcher) sink(f auditor.Finding) {
	w.told++
	old, known := w.last[f.ID]
	require.Equal(w.t, old.Revision+1, f.Revision, "revisions grow by one: %+v after %+v", f, old)
	if f.State == auditor.StateWithdrawn {
		require.True(w.t, known && old.State == auditor.StateOpen, "withdrawn without being open: %+v", f)
	}
	wellFormed(w.t, &f)
	w.last[f.ID] = f
}

// open returns the findings that are open, with revision 1 for comparison.
func (w *watcher) open() map[string]auditor.Finding {
	out := map[string]auditor.Finding{}
	for id, f := range w.last {
		if f.State == auditor.StateOpen {
			f.Revision = 1
			out[id] = f
		}
	}
	return out
}

var axes = map[auditor.Verdict]auditor.Axis{
	auditor.VerdictEscape: auditor.AxisPropagation, auditor.VerdictMutation: auditor.AxisPropagation,
	auditor.VerdictInjection: auditor.AxisPropagation, auditor.VerdictLeak: auditor.AxisPlacement,
	auditor.VerdictPollution: auditor.AxisPlacement, auditor.VerdictCrossEnv: auditor.AxisPlacement,
	auditor.VerdictStranded: auditor.AxisConservation,
}

// wellFormed holds a finding against design.md section 5.
func wellFormed(t require.TestingT, f *auditor.Finding) {
	require.True(t, isHex(f.ID, 32) && isHex(f.TraceID, 32) && isHex(f.SpanID, 16), "%+v", f)
	require.Contains(t, axes, f.Verdict)
	require.Equal(t, axes[f.Verdict], f.Axis, "%+v", f)
	require.Contains(t, []auditor.Certainty{auditor.Proven, auditor.Suspected}, f.Certainty)
	require.Contains(t, []auditor.State{auditor.StateOpen, auditor.StateWithdrawn}, f.State)
	require.Contains(t, []auditor.HopKind{auditor.HopLocal, auditor.HopRPC, auditor.HopMessage}, f.Kind)
	require.Contains(t, []auditor.Where{
		auditor.WhereInProcess, auditor.WhereSender, auditor.WhereReceiver, auditor.WhereWire, auditor.WhereRouter, auditor.WhereUnknown,
	}, f.Blame.Where)
	if f.Effect != "" {
		require.Equal(t, auditor.AxisPlacement, axes[f.Effect], "%+v", f)
		require.Equal(t, auditor.AxisPropagation, f.Axis, "%+v", f)
	}
	if f.Verdict == auditor.VerdictStranded {
		require.Equal(t, auditor.Suspected, f.Certainty)
	}
	require.Equal(t, f.Peer.TraceID == "", f.Peer.SpanID == "", "%+v", f)
	if f.Peer.TraceID != "" {
		require.True(t, isHex(f.Peer.TraceID, 32) && isHex(f.Peer.SpanID, 16), "%+v", f)
	}
	require.NotEmpty(t, f.Explain)
	require.Equal(t, time.UTC, f.Time.Location())
}

// consistent holds the numbers of a report against each other.
func consistent(t require.TestingT, r *auditor.Report) {
	s := &r.Summary
	require.Equal(t, s.Hops, s.Judged+sum(s.Undecidable), "every unjudged hop has a reason: %+v", s)
	p := &s.Placement
	require.Equal(t, p.Seen, p.Judged+sum(p.Undecidable), "%+v", p)
	require.Equal(t, p.Judged, sum(p.Verdicts), "%+v", p)
	require.Equal(t, uint64(len(r.Findings)), sum(s.Findings))
	for i := range r.Findings {
		require.Equal(t, auditor.StateOpen, r.Findings[i].State)
	}
	for _, sh := range r.Shares {
		require.LessOrEqual(t, sh.Count, sh.Total, "%+v", sh)
		require.Equal(t, sh.Basis == auditor.BasisMixed, sh.Share == nil, "%+v", sh)
	}
}

func sum[K comparable](m map[K]uint64) (n uint64) {
	for _, v := range m {
		n += v
	}
	return n
}
