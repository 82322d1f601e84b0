package auditor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const second = int64(time.Second)

// served adds a SERVER span of a service and home, child of parent where given.
func served(e *Engine, at int64, trace, span, parent byte, service, home, tag string) {
	s := Span{
		TraceID: TraceID{trace}, SpanID: SpanID{span}, Start: at, End: at + 1, Kind: KindServer, Op: OpRPC, Remote: RemoteYes,
		Resource: e.Resource(Resource{Service: service, Home: Reading{true, home}, Reporting: true}),
		Tag:      Reading{tag != "", tag}, Name: "op",
	}
	if parent != 0 {
		s.ParentID = SpanID{parent}
	}
	e.Add(at, &s)
}

// TestSetPolicy: a version binds from its time on; around it the milder verdict
// wins, and what was said before stays said.
func TestSetPolicy(t *testing.T) {
	var found []Finding
	p := DefaultPolicy()
	p.Windows.Grace = 60 * time.Second
	e, err := New(p, Options{Sink: func(f Finding) { found = append(found, f) }})
	require.NoError(t, err)
	start := 1_000_000 * second
	leaks := func(at int64, trace byte) int {
		found = nil
		served(e, at, trace, 1, 0, "front", "gray", "gray")
		served(e, at, trace, 2, 1, "back", "base", "gray")
		e.Tick(at + 40*second)
		return len(found)
	}
	require.Zero(t, leaks(start, 1), "no twin: fallback is legal")
	strict := p
	strict.Fallback = FallbackForbid
	require.NoError(t, e.SetPolicy(start+100*second, strict))
	require.Equal(t, 2, e.Stats().Versions)
	require.Zero(t, leaks(start+130*second, 2), "inside the grace period the milder verdict wins")
	require.Equal(t, 1, leaks(start+300*second, 3))
	require.Equal(t, VerdictLeak, found[0].Verdict)
	require.NoError(t, e.SetPolicy(start+400*second, p))
	require.Zero(t, leaks(start+600*second, 4))
	e.Tick(start + 3*int64(time.Hour))
	require.Equal(t, 1, e.Stats().Versions, "versions that no fact can be under are forgotten")
}

func TestSetPolicyRefuses(t *testing.T) {
	p := DefaultPolicy()
	e, err := New(p, Options{})
	require.NoError(t, err)
	broken := p
	broken.TwinGroup = "gray"
	require.ErrorContains(t, e.SetPolicy(1, broken), "twin_group")
	for name, change := range map[string]func(*Policy){
		"keys":     func(p *Policy) { p.Keys.Env = []string{"env"} },
		"baseline": func(p *Policy) { p.Baseline = []string{"prod"} },
		"windows":  func(p *Policy) { p.Windows.Pair *= 2 },
		"twins":    func(p *Policy) { p.TwinTopic = "{env}-{topic}" },
		"missing":  func(p *Policy) { p.HomeMissing = HomeMissingBaseline },
		"evidence": func(p *Policy) { p.ReportingEvidence = EvidenceHome },
		"ids":      func(p *Policy) { p.IDUnique = nil },
	} {
		q := p
		change(&q)
		require.ErrorIs(t, e.SetPolicy(1, q), ErrNewEngine, name)
	}
	require.Equal(t, 1, e.Stats().Versions, "what was in force stays")
}

func TestSetPolicyIsBounded(t *testing.T) {
	e, err := New(DefaultPolicy(), Options{})
	require.NoError(t, err)
	for i := range int64(1000) {
		require.NoError(t, e.SetPolicy(i+1, DefaultPolicy()))
	}
	require.LessOrEqual(t, e.Stats().Versions, maxVersions)
}

// TestRestarted: what was lost with a process is undecidable, and nobody is
// accused for want of it.
func TestRestarted(t *testing.T) {
	start := 1_000_000 * second
	run := func(restarted bool, at int64) (map[Reason]uint64, int) {
		found := 0
		e, err := New(DefaultPolicy(), Options{Restarted: restarted, Sink: func(Finding) { found++ }})
		require.NoError(t, err)
		e.Tick(start)
		e.Add(at, &Span{
			TraceID: TraceID{1}, SpanID: SpanID{2}, ParentID: SpanID{1}, Start: at, Kind: KindServer, Op: OpRPC, Witness: "gray",
			Resource: e.Resource(Resource{Service: "back", Home: Reading{true, "gray"}, Reporting: true}),
		})
		e.Tick(at + 100*second)
		return e.Summary().Undecidable, found
	}
	why, found := run(true, start+second)
	require.Equal(t, map[Reason]uint64{ReasonRestart: 1}, why)
	require.Zero(t, found, "the span that lost the tag may have been told before the restart")
	why, found = run(true, start+31*second)
	require.Empty(t, why)
	require.Equal(t, 1, found, "a whole window was seen: the witness speaks")
	_, found = run(false, start+second)
	require.Equal(t, 1, found)
}

// TestHopCounts: every hop is counted once, with what it carried and showed.
func TestHopCounts(t *testing.T) {
	e, err := New(DefaultPolicy(), Options{})
	require.NoError(t, err)
	at := 1_000_000 * second
	served(e, at, 1, 1, 0, "front", "gray", "gray")
	served(e, at, 1, 2, 1, "back", "gray", "")      // loses it
	served(e, at, 1, 3, 9, "back", "gray", "gray")  // upstream never seen
	served(e, at, 1, 4, 1, "other", "base", "gray") // legal fallback
	e.Close()
	front, back := Node{"front", "gray", false}, Node{"back", "gray", false}
	require.ElementsMatch(t, []HopCount{
		{From: front, To: back, Env: "gray", Verdict: VerdictEscape, Kind: HopRPC, Hops: 1, Count: 1},
		{To: back, Env: "gray", Shown: "gray", Verdict: VerdictUndecidable, Kind: HopRPC, Hops: 1, Count: 1},
		{From: front, To: Node{"other", "base", true}, Env: "gray", Shown: "gray", Verdict: VerdictOKFallback, Kind: HopRPC, Hops: 1, Count: 1},
	}, e.HopCounts())
	require.EqualValues(t, 3, e.Summary().Hops)
	require.ElementsMatch(t, []TrafficCount{
		{Service: "front", Home: "gray", Env: "gray", Units: 1, Count: 1},
		{Service: "back", Home: "gray", Env: "", Units: 1, Count: 1},
		{Service: "back", Home: "gray", Env: "gray", Units: 1, Count: 1},
		{Service: "other", Home: "base", Env: "gray", Units: 1, Count: 1},
	}, e.TrafficCounts())
}

// TestAgreed: of the consumers the first match wins; what it leaves open, the
// isolation says, from its cut on.
func TestAgreed(t *testing.T) {
	cut := time.Unix(1000, 0)
	p := DefaultPolicy()
	p.Windows.Grace = time.Second
	p.Consumers = []ConsumerRule{
		{Topic: "ORDER", Group: "audit", Serves: []string{"gray"}},
		{Topic: "ORDER", Group: "*", Ignores: []string{"blue"}},
		{Topic: "ORDER", Group: "order", Serves: []string{"blue"}},
	}
	p.Isolation = []IsolationRule{{Topic: "ORDER", Group: "*", Ignores: []string{"gray"}, Cut: cut}}
	c := rules{policy: p}
	after := cut.Add(time.Second).UnixNano()
	for _, v := range []struct {
		name, group, env string
		at               int64
		want             agreement
	}{
		{"served by agreement, whatever the isolation says", "audit", "gray", after, agreeServes},
		{"the first match wins", "order", "blue", after, agreeIgnores},
		{"the consumers say nothing of gray: the isolation does", "order", "gray", after, agreeIgnores},
		{"not before its cut and the grace", "order", "gray", after - 1, agreeNothing},
		{"another tag", "order", "green", after, agreeNothing},
	} {
		require.Equal(t, v.want, c.agreed("ORDER", v.group, v.env, v.at), v.name)
	}
	require.Equal(t, agreeNothing, c.agreed("PAY", "order", "gray", after), "another topic")
}
