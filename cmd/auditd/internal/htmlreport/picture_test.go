package htmlreport

import (
	"fmt"
	"testing"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/stretchr/testify/require"
)

// arrow is an edge between two services of a home.
func arrow(from, to, home string, kind auditor.HopKind, hops uint64) auditor.Edge {
	return auditor.Edge{
		From: auditor.Node{Service: from, Home: home, Baseline: home == base}, To: auditor.Node{Service: to, Home: home, Baseline: home == base},
		Kind: kind, Destination: pick(kind == auditor.HopMessage, "T", ""), Hops: map[string]uint64{pick(home == base, "", home): hops},
	}
}

func layersOf(edges []auditor.Edge) map[string]int {
	g, _ := selectGraph(edges, newPalette(Input{}))
	assignLayers(g)
	out := map[string]int{}
	for _, n := range g.nodes {
		out[n.Service] = n.layer
	}
	return out
}

func TestLayersGoAlongTheCalls(t *testing.T) {
	got := layersOf([]auditor.Edge{
		arrow("c", "a", base, auditor.HopMessage, 1000), // back, although the busiest
		arrow("gateway", "a", base, auditor.HopRPC, 10), arrow("a", "b", base, auditor.HopRPC, 10), arrow("b", "c", base, auditor.HopRPC, 10),
		arrow("a", "c", gray, auditor.HopRPC, 10),
	})
	require.Equal(t, map[string]int{"gateway": 0, "a": 1, "b": 2, "c": 3}, got)
}

func TestLayersSurviveCycles(t *testing.T) {
	got := layersOf([]auditor.Edge{
		arrow("a", "b", base, auditor.HopRPC, 3), arrow("b", "c", base, auditor.HopRPC, 2), arrow("c", "a", base, auditor.HopRPC, 1),
		arrow("a", "a", base, auditor.HopMessage, 9),
	})
	require.Equal(t, map[string]int{"a": 0, "b": 1, "c": 2}, got)
}

func TestTwinsShareAColumnInLanesOfTheirOwn(t *testing.T) {
	in := realistic()
	d := newDiagram(in.Topology, in.Report.Findings, newPalette(in))
	require.Equal(t, []string{"baseline", "gray"}, []string{d.Lanes[0].Name, d.Lanes[1].Name})
	at := map[string]nodeView{}
	for _, n := range d.Nodes {
		at[n.Name+"/"+n.Home] = n
	}
	for _, s := range []string{"svc-a", "svc-b", "svc-c"} {
		require.Equal(t, at[s+"/base"].X, at[s+"/gray"].X, s)
		require.Less(t, at[s+"/base"].Y, d.Lanes[1].Y)
		require.Greater(t, at[s+"/gray"].Y, d.Lanes[1].Y)
	}
	require.NotEqual(t, at["svc-a/base"].Class, at["svc-a/gray"].Class)
}

func TestBrokenHopsAreMarkedWithTheirCount(t *testing.T) {
	in := realistic()
	d := newDiagram(in.Topology, in.Report.Findings, newPalette(in))
	var marks []string
	for _, l := range d.Labels {
		if l.Broken {
			marks = append(marks, l.Text)
		}
	}
	require.ElementsMatch(t, []string{"✕ 14", "✕ 3", "✕ 2", "✕ 1"}, marks, "hops between workloads")
	var inside []string
	for _, n := range d.Nodes {
		if n.Badge != "" {
			inside = append(inside, n.Name+" "+n.Badge)
		}
	}
	require.ElementsMatch(t, []string{"svc-b ✕ 8", "svc-c ✕ 4"}, inside)
	for _, f := range d.Flows {
		if f.Broken && f.Verdicts == "leak,escape" {
			require.Equal(t, "env0", f.Class, "the mark sits on the tagged line")
			require.True(t, f.Dashed)
		}
	}
}

func TestFaultInsideAWorkloadNeedsNoEdgeOfItsOwn(t *testing.T) {
	edges := []auditor.Edge{arrow("a", "b", gray, auditor.HopRPC, 5)}
	for i := range 2000 {
		edges = append(edges, arrow(fmt.Sprintf("x-%d", i%50), fmt.Sprintf("y-%d", i/50), base, auditor.HopRPC, 1000))
	}
	edges[0].Hops = map[string]uint64{"": 1} // the least of all
	d := newDiagram(edges, []auditor.Finding{
		{Service: "a", Home: gray, Kind: auditor.HopLocal, Verdict: auditor.VerdictEscape},
		{Service: "b", Home: gray, Kind: auditor.HopMessage, Verdict: auditor.VerdictStranded},
		{Service: "b", Home: gray, Kind: auditor.HopRPC, Verdict: auditor.VerdictEscape}, // its edge shows it
	}, newPalette(Input{Topology: edges}))
	badges := map[string]string{}
	for _, n := range d.Nodes {
		if n.Badge != "" {
			badges[n.Name] = n.Verdicts + n.Badge
		}
	}
	require.Equal(t, map[string]string{"a": "escape✕ 1", "b": "stranded✕ 1"}, badges)
	require.True(t, d.HasBroken)
}

func TestBoxesDoNotOverlap(t *testing.T) {
	d := newDiagram(wideTopology(), nil, newPalette(Input{Topology: wideTopology()}))
	require.Len(t, d.Nodes, maxWorkloads)
	for i, a := range d.Nodes {
		for _, b := range d.Nodes[i+1:] {
			require.False(t, rect{a.X, a.Y, a.W, a.H}.meets(rect{b.X, b.Y, b.W, b.H}), "%s and %s", a.Name, b.Name)
		}
		require.GreaterOrEqual(t, a.X, float64(d.X))
		require.LessOrEqual(t, a.Y+a.H, float64(d.Y+d.H))
	}
}

func TestLimitedPictureKeepsTheBrokenEdges(t *testing.T) {
	var edges []auditor.Edge
	for i := range 3000 {
		e := arrow(fmt.Sprintf("from-%d", i%60), fmt.Sprintf("to-%d", i/60), base, auditor.HopRPC, uint64(i+10))
		if i == 0 {
			e.Findings = map[auditor.Verdict]uint64{auditor.VerdictLeak: 1}
		}
		edges = append(edges, e)
	}
	d := newDiagram(edges, nil, newPalette(Input{Topology: edges}))
	require.Len(t, d.Flows, maxEdges)
	require.Contains(t, d.Note, "240 of 3,000 edges")
	require.True(t, d.HasBroken)
	require.Len(t, d.Edges, maxTableRows)
	require.Equal(t, "1 leak", d.Edges[0].Findings)
	require.Equal(t, 3000-maxTableRows, d.EdgesLeft)
}

func TestManyEnvsShareHues(t *testing.T) {
	var edges []auditor.Edge
	for i := range 30 {
		edges = append(edges, arrow("a", "b", fmt.Sprintf("env-%02d", i), auditor.HopRPC, uint64(100-i)))
	}
	colours := newPalette(Input{Topology: edges})
	require.Equal(t, "env0", colours.class("env-00"))
	require.Equal(t, "env5", colours.class("env-29"))
	require.Equal(t, "base", colours.class("base"))
	require.Len(t, newDiagram(edges, nil, colours).Lanes, 30)
}
