package htmlreport

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// Bounds of the picture.
const (
	maxEdges     = 240
	maxWorkloads = 120
	maxTableRows = 60
)

// diagram is the picture of the topology, ready to draw.
type diagram struct {
	X, Y, W, H        int
	Lanes             []laneView
	Nodes             []nodeView
	Flows             []flowView
	Labels            []labelView
	Edges             []edgeRow // the same as a table, the most relevant first
	EdgesLeft         int       // rows the table lacks
	Workloads         int
	Note              string
	Hues              []int // env hues in use, for arrow heads
	Envs              []legendEnv
	Dashed, HasBroken bool
}

// legendEnv is a tag and its colour in the legend.
type legendEnv struct{ Name, Class string }

// graph is the part of the topology that is drawn.
type graph struct {
	nodes   []workload
	index   map[auditor.Node]int
	edges   []auditor.Edge // between two workloads, or loops that are not local
	ends    [][2]int       // node indices of edges
	colours palette
}

// workload is a node of the picture.
type workload struct {
	auditor.Node
	local map[auditor.Verdict]uint64 // findings inside it
	layer int
	lane  int
	box   rect
	lines []string // what its details say
}

// newDiagram lays out the most relevant part of the topology.
func newDiagram(edges []auditor.Edge, fs []auditor.Finding, colours palette) diagram {
	faults := insideFaults(fs)
	sorted := slices.Clone(edges)
	slices.SortStableFunc(sorted, func(a, b auditor.Edge) int {
		return cmp.Or(cmp.Compare(sum(b.Findings), sum(a.Findings)), cmp.Compare(faults.at(b), faults.at(a)), moreTraffic(a, b))
	})
	g, drawn := selectGraph(sorted, colours)
	for i := range g.nodes {
		g.nodes[i].local = faults[place{g.nodes[i].Service, g.nodes[i].Home}]
	}
	d := diagram{Workloads: len(g.nodes)}
	if len(g.nodes) == 0 {
		return d
	}
	if drawn < len(sorted) {
		d.Note = fmt.Sprintf("The picture shows %s of %s edges: those with findings first, then those with the most tagged traffic, then by hops.",
			number(drawn), number(len(sorted)))
	}
	assignLayers(g)
	lanes := placeNodes(g)
	flows := routeFlows(g)
	d.draw(g, lanes, flows)
	for _, e := range sorted[:min(len(sorted), maxTableRows)] {
		d.Edges = append(d.Edges, newEdgeRow(e, colours))
	}
	d.EdgesLeft = len(sorted) - len(d.Edges)
	return d
}

// place names a workload as findings do.
type place struct{ service, home string }

// placeFaults counts findings by workload and verdict.
type placeFaults map[place]map[auditor.Verdict]uint64

// insideFaults counts the findings that no arrow can show: those of hops inside
// a workload, and of messages that went nowhere, at their producer.
func insideFaults(fs []auditor.Finding) placeFaults {
	out := placeFaults{}
	for i := range fs {
		f := &fs[i]
		if f.Kind != auditor.HopLocal && f.Verdict != auditor.VerdictStranded {
			continue
		}
		p := place{f.Service, f.Home}
		if out[p] == nil {
			out[p] = map[auditor.Verdict]uint64{}
		}
		out[p][f.Verdict]++
	}
	return out
}

// at counts the findings inside the two ends of an edge.
func (p placeFaults) at(e auditor.Edge) uint64 {
	return sum(p[place{e.From.Service, e.From.Home}]) + sum(p[place{e.To.Service, e.To.Home}])
}

// moreTraffic orders edges by tagged hops, hops, then by name.
func moreTraffic(a, b auditor.Edge) int {
	return cmp.Or(cmp.Compare(tagged(b), tagged(a)), cmp.Compare(sum(b.Hops), sum(a.Hops)),
		compareNodes(a.From, b.From), compareNodes(a.To, b.To), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Destination, b.Destination))
}

func compareNodes(a, b auditor.Node) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Home, b.Home))
}

func sum[K comparable](m map[K]uint64) uint64 {
	var n uint64
	for _, v := range m {
		n += v
	}
	return n
}

func tagged(e auditor.Edge) uint64 { return sum(e.Hops) - e.Hops[""] }

// selectGraph takes edges in order while the picture has room, and returns how
// many it took.
func selectGraph(sorted []auditor.Edge, colours palette) (*graph, int) {
	g := &graph{index: map[auditor.Node]int{}, colours: colours}
	drawn := 0
	for _, e := range sorted {
		if !g.room(e) {
			continue
		}
		drawn++
		from, to := g.node(e.From), g.node(e.To)
		if from == to && e.Kind == auditor.HopLocal {
			continue // insideFaults has what is broken there
		}
		g.edges = append(g.edges, e)
		g.ends = append(g.ends, [2]int{from, to})
	}
	return g, drawn
}

func (g *graph) room(e auditor.Edge) bool {
	added := 0
	if _, ok := g.index[e.From]; !ok {
		added++
	}
	if _, ok := g.index[e.To]; !ok && e.To != e.From {
		added++
	}
	return len(g.edges) < maxEdges && len(g.nodes)+added <= maxWorkloads
}

func (g *graph) node(n auditor.Node) int {
	i, ok := g.index[n]
	if !ok {
		i = len(g.nodes)
		g.index[n] = i
		g.nodes = append(g.nodes, workload{Node: n})
	}
	return i
}
