package htmlreport

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// side is where a line leaves or enters a workload's box.
type side uint8

const (
	right side = iota
	left
	top
	bottom
)

// route is how a line runs: its sides, how far it swings out, and how much its
// middle is moved up or down.
type route struct {
	from, to   side
	swing, bow float64
}

// curve is a cubic Bézier.
type curve [4]pt

func (c curve) at(t float64) pt {
	u := 1 - t
	a, b, d, e := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return pt{a*c[0].X + b*c[1].X + d*c[2].X + e*c[3].X, a*c[0].Y + b*c[1].Y + d*c[2].Y + e*c[3].Y}
}

func (c curve) path() string {
	return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", c[0].X, c[0].Y, c[1].X, c[1].Y, c[2].X, c[2].Y, c[3].X, c[3].Y)
}

// flow is the part of an edge that carries one tag: one line.
type flow struct {
	edge  int
	tag   string
	hops  uint64
	first bool // carries the edge's label
	worst bool // carries the edge's findings
	route route
	curve curve
}

// routeFlows draws a line for each edge and tag. First each line picks the way
// that crosses the fewest boxes, then lines that share a side spread over it.
func routeFlows(g *graph) []flow {
	flows := splitEdges(g)
	for i := range flows {
		a, b := g.ends[flows[i].edge][0], g.ends[flows[i].edge][1]
		flows[i].route = bestRoute(g, a, b)
	}
	spreadPorts(g, flows)
	return flows
}

// splitEdges makes the flows; findings sit on the busiest tagged flow.
func splitEdges(g *graph) []flow {
	var out []flow
	for i := range g.edges {
		tags := sortedTags(g.edges[i].Hops)
		if len(tags) == 0 {
			tags = []string{""}
		}
		start := len(out)
		for _, t := range tags {
			out = append(out, flow{edge: i, tag: t, hops: g.edges[i].Hops[t]})
		}
		at := start
		if tags[0] == "" && len(tags) > 1 {
			at++
		}
		out[start].first = true
		out[at].worst = sum(g.edges[i].Findings) > 0
	}
	return out
}

// candidates lists the ways from box a to box b, the preferred first.
func candidates(a, b *workload) []route {
	dx := math.Abs(b.box.X-a.box.X-nodeW) / 2
	switch {
	case a == b:
		return []route{{top, top, 36, 0}}
	case b.layer > a.layer:
		var out []route
		for _, bow := range []float64{0, -70, 70, -105, 105, -150, 150, -200, 200} {
			out = append(out, route{right, left, max(42, dx), bow})
		}
		return out
	case b.layer == a.layer:
		return []route{{right, right, 58, 0}, {left, left, 58, 0}, {right, right, 86, 0}}
	}
	var out []route
	facing, met := top, bottom
	if b.box.Y > a.box.Y {
		facing, met = bottom, top
	}
	if a.lane != b.lane {
		out = append(out, route{facing, met, max(50, math.Abs(b.box.Y-a.box.Y)/2), 0})
	}
	for _, swing := range []float64{52, 80, 120, 170} {
		out = append(out, route{bottom, bottom, swing, 0}, route{top, top, swing, 0})
	}
	return out
}

func bestRoute(g *graph, a, b int) route {
	var best route
	least := math.Inf(1)
	for i, r := range candidates(&g.nodes[a], &g.nodes[b]) {
		c := r.between(middle(g.nodes[a].box, r.from), middle(g.nodes[b].box, r.to))
		cost := float64(i)*0.4 + float64(crossings(g, c, a, b))
		if cost < least {
			best, least = r, cost
		}
	}
	return best
}

// crossings counts the points of a curve that lie in the box of a third.
func crossings(g *graph, c curve, a, b int) int {
	n := 0
	for t := 0.06; t < 1; t += 0.06 {
		p := c.at(t)
		for i := range g.nodes {
			if i != a && i != b && g.nodes[i].box.holds(p, 3) {
				n++
			}
		}
	}
	return n
}

func middle(r rect, s side) pt { return port(r, s, 0, 1) }

// port is the place of the i-th of n lines on a side.
func port(r rect, s side, i, n int) pt {
	part := float64(i+1) / float64(n+1)
	switch s {
	case right:
		return pt{r.X + r.W, r.Y + r.H*part}
	case left:
		return pt{r.X, r.Y + r.H*part}
	case top:
		return pt{r.X + r.W*(0.15+0.7*part), r.Y}
	}
	return pt{r.X + r.W*(0.15+0.7*part), r.Y + r.H}
}

func (r route) between(a, b pt) curve {
	c := curve{a, outside(a, r.from, r.swing), outside(b, r.to, r.swing), b}
	c[1].Y += r.bow
	c[2].Y += r.bow
	return c
}

// outside is the point that lies d beyond side s.
func outside(p pt, s side, d float64) pt {
	switch s {
	case right:
		p.X += d
	case left:
		p.X -= d
	case top:
		p.Y -= d
	default:
		p.Y += d
	}
	return p
}

// end is where a flow touches a box; back tells the arrow's end.
type end struct {
	flow int
	back bool
}

// shore is one side of one box.
type shore struct {
	node int
	side side
}

// spreadPorts gives every end of a flow its own place on its side, ordered by
// where the other end is so that lines do not cross at the box.
func spreadPorts(g *graph, flows []flow) {
	ends := map[shore][]end{}
	for i := range flows {
		e := g.ends[flows[i].edge]
		from, to := shore{e[0], flows[i].route.from}, shore{e[1], flows[i].route.to}
		ends[from] = append(ends[from], end{i, false})
		ends[to] = append(ends[to], end{i, true})
	}
	for k, es := range ends {
		sortEnds(g, flows, es, k.side == right || k.side == left)
		for i, e := range es {
			flows[e.flow].curve[pickInt(e.back, 3, 0)] = port(g.nodes[k.node].box, k.side, i, len(es))
		}
	}
	for i := range flows {
		flows[i].curve = flows[i].route.between(flows[i].curve[0], flows[i].curve[3])
	}
}

// sortEnds orders the ends on a side by the place of their other end.
func sortEnds(g *graph, flows []flow, es []end, upright bool) {
	other := func(e end) float64 {
		n := g.ends[flows[e.flow].edge][pickInt(e.back, 0, 1)]
		if upright {
			return g.nodes[n].box.Y + flows[e.flow].route.bow
		}
		return g.nodes[n].box.X
	}
	slices.SortStableFunc(es, func(a, b end) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.flow, b.flow))
	})
}
