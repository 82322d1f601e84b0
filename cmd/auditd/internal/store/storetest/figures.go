package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

func shares(t *testing.T, s store.Store) {
	at := func(service, home, env, topic string, basis auditor.Basis, n float64) store.Total {
		return store.Total{Series: store.Series{Kind: store.Traffic, Service: service, Home: home, Env: env, Destination: topic, Basis: basis}, Value: n}
	}
	edge := func(from, to, shown string, kind auditor.HopKind, n float64) store.Total {
		return store.Total{Series: store.Series{
			Kind: store.Edges, PeerService: from, PeerHome: "base", Service: to, Home: "base", Env: "gray", Shown: shown,
			HopKind: kind, Outcome: "ok", Basis: auditor.BasisAdjusted,
		}, Value: n}
	}
	add(t, s, "run", Noon(),
		at("a", "base", "", "", auditor.BasisAdjusted, 60), at("a", "gray", "gray", "", auditor.BasisAdjusted, 20),
		at("b", "base", "", "", auditor.BasisSpans, 3), at("b", "gray", "gray", "", auditor.BasisSpans, 1),
		at("c", "base", "", "", auditor.BasisSpans, 3), at("c", "gray", "gray", "", auditor.BasisAdjusted, 9),
		at("d", "base", "", "", auditor.BasisAdjusted, 7),
		at("a", "base", "", "T", auditor.BasisAdjusted, 1), at("a", "gray", "gray", "T", auditor.BasisAdjusted, 1),
		edge("a", "b", "", auditor.HopRPC, 1), edge("a", "b", "gray", auditor.HopRPC, 3), edge("a", "a", "gray", auditor.HopLocal, 99),
	)
	add(t, s, "run", Noon().Add(time.Minute), at("a", "gray", "gray", "", auditor.BasisAdjusted, 40))

	ask := func(q store.ShareQuery) []store.ShareSeries {
		t.Helper()
		q.SumQuery = hourOf("", 30*time.Minute)
		out, err := store.Shares(t.Context(), s, q)
		require.NoError(t, err)
		return out
	}
	of := func(v float64) *float64 { return &v }
	got := ask(store.ShareQuery{By: store.ByService})
	require.Len(t, got, 3, "d has no tagged traffic")
	require.Equal(t, auditor.Share{By: "service", Name: "a", Env: "gray", Count: 40, Total: 100, Share: of(0.4), Basis: auditor.BasisAdjusted}, got[0].Share)
	require.Equal(t, auditor.Share{By: "service", Name: "b", Env: "gray", Count: 1, Total: 4, Share: of(0.25), Basis: auditor.BasisSpans}, got[1].Share)
	require.Equal(t, auditor.Share{By: "service", Name: "c", Env: "gray", Count: 9, Total: 12, Basis: auditor.BasisMixed}, got[2].Share)
	require.Equal(t, []float64{40, 0}, got[0].Counts)
	require.Equal(t, []float64{100, 0}, got[0].Totals)
	require.Equal(t, []auditor.Basis{auditor.BasisMixed, ""}, got[2].Bases)
	require.Equal(t, got[1:2], ask(store.ShareQuery{By: store.ByService, Name: "b"}))
	other := "other"
	require.Empty(t, ask(store.ShareQuery{By: store.ByService, Env: &other}))
	got = ask(store.ShareQuery{By: store.ByTopic, Name: "T"})
	require.Len(t, got, 1)
	require.Equal(t, 0.5, *got[0].Share.Share)
	got = ask(store.ShareQuery{By: store.ByEdge})
	require.Len(t, got, 1, "a local hop is no edge of a share")
	require.Equal(t, "a->b", got[0].Name)
	require.Equal(t, 0.75, *got[0].Share.Share)
	require.Equal(t, got, ask(store.ShareQuery{By: store.ByEdge, Name: "a->b"}))
	_, err := store.Shares(t.Context(), s, store.ShareQuery{By: "moon", SumQuery: hourOf("", 0)})
	require.ErrorIs(t, err, store.ErrInvalid)
}

func coverage(t *testing.T, s store.Store) {
	at := func(kind store.SeriesKind, outcome string, n float64) store.Total {
		return store.Total{Series: store.Series{Kind: kind, Outcome: outcome}, Value: n}
	}
	add(t, s, "run", Noon(), at(store.Propagation, "seen", 10), at(store.Propagation, "judged", 7), at(store.Propagation, "silent", 3), at(store.Placement, "seen", 4))
	add(t, s, "run", Noon().Add(40*time.Minute), at(store.Propagation, "seen", 12), at(store.Propagation, "judged", 9), at(store.Propagation, "restart", 0))
	got, err := store.Coverage(t.Context(), s, store.Propagation, hourOf("", 30*time.Minute))
	require.NoError(t, err)
	require.Equal(t, store.AxisCoverage{
		Seen: 12, Judged: 9, Reasons: map[auditor.Reason]float64{auditor.ReasonSilent: 3}, SeenBy: []float64{10, 2}, JudgedBy: []float64{7, 2},
	}, got)
	got, err = store.Coverage(t.Context(), s, store.Placement, hourOf("", 0))
	require.NoError(t, err)
	require.Equal(t, store.AxisCoverage{Seen: 4, Reasons: map[auditor.Reason]float64{}}, got)
}

func topology(t *testing.T, s store.Store) {
	edge := func(from, to, env string, verdict auditor.Verdict, basis auditor.Basis, n float64) store.Total {
		return store.Total{Series: store.Series{
			Kind: store.Edges, PeerService: from, PeerHome: "base", Service: to, Home: "gray", Env: env, Shown: env,
			HopKind: auditor.HopRPC, Outcome: string(verdict), Basis: basis,
		}, Value: n}
	}
	add(t, s, "run", Noon(),
		edge("a", "b", "gray", auditor.VerdictOK, auditor.BasisAdjusted, 3), edge("a", "b", "gray", auditor.VerdictEscape, auditor.BasisSpans, 1),
		edge("a", "b", "", auditor.VerdictPollution, auditor.BasisAdjusted, 2), edge("b", "c", "", auditor.VerdictOK, auditor.BasisAdjusted, 5),
		edge("", "c", "", auditor.VerdictUndecidable, auditor.BasisAdjusted, 5))
	ask := func(q store.TopologyQuery) []store.Edge {
		t.Helper()
		q.SumQuery = hourOf("", 0)
		out, err := store.Topology(t.Context(), s, q)
		require.NoError(t, err)
		return out
	}
	text := func(s string) *string { return &s }
	all := ask(store.TopologyQuery{})
	require.Len(t, all, 2)
	require.Equal(t, store.Edge{
		From: store.Node{Service: "a", Home: "base"}, To: store.Node{Service: "b", Home: "gray"}, Kind: auditor.HopRPC, Count: 6, Basis: auditor.BasisMixed,
		Flows: []store.Flow{{Env: "", Verdict: auditor.VerdictPollution, Count: 2}, {Env: "gray", Verdict: auditor.VerdictEscape, Count: 1}, {Env: "gray", Verdict: auditor.VerdictOK, Count: 3}},
	}, all[0])
	require.Len(t, ask(store.TopologyQuery{Env: text("gray")}), 1)
	require.Len(t, ask(store.TopologyQuery{Service: text("b")}), 2)
	require.Equal(t, all[1:], ask(store.TopologyQuery{Service: text("c")}))
	require.Empty(t, ask(store.TopologyQuery{Service: text("c"), Home: text("base")}))
	require.Empty(t, ask(store.TopologyQuery{Env: text("blue")}))
}
