package htmlreport

import (
	"math"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// laneView, nodeView, flowView and labelView are what the template draws.
type laneView struct {
	Name, Class string
	X, Y, W, H  float64
	Top         float64 // where its name stands
}

type nodeView struct {
	Name, Home, Class string
	X, Y, W, H        float64
	Badge             string // findings inside the workload
	BadgeW            float64
	Info              string // details, one a line
	Service, Verdicts string // for the findings' filters
	ID                int
}

type flowView struct {
	Path, Class string
	Arrow       string // id of the arrow head
	Width       float64
	Dashed      bool
	Broken      bool
	Info        string
	Service     string
	Verdicts    string
	From, To    int
}

type labelView struct {
	X, Y, W  float64
	Left     float64 // of the box, from X
	Text     string
	Broken   bool
	From, To int
}

// draw turns the layout into shapes. Flows go from calm to broken, so that the
// broken ones lie on top.
func (d *diagram) draw(g *graph, lanes []lane, flows []flow) {
	lineOf := flowOrder(flows)
	most := uint64(1)
	for i := range flows {
		most = max(most, flows[i].hops)
	}
	area := bounds(g, lanes, flows)
	d.frame(area, lanes)
	for _, i := range lineOf {
		d.Flows = append(d.Flows, newFlowView(g, &flows[i], most))
	}
	d.Labels = placeLabels(g, lanes, flows)
	for i := range g.nodes {
		d.Nodes = append(d.Nodes, newNodeView(g, i))
	}
	d.legend(g, flows)
}

func (d *diagram) frame(area rect, lanes []lane) {
	d.X, d.Y = int(math.Floor(area.X)), int(math.Floor(area.Y))
	d.W, d.H = int(math.Ceil(area.W)), int(math.Ceil(area.H))
	for _, l := range lanes {
		d.Lanes = append(d.Lanes, laneView{Name: shorten(l.name, 40), Class: l.class, X: area.X, Y: l.top, W: area.W, H: l.height, Top: l.top})
	}
	// What swings out of the outer lanes still belongs to them.
	first, last := &d.Lanes[0], &d.Lanes[len(lanes)-1]
	first.Y, first.H = area.Y, first.H+first.Y-area.Y
	last.H = area.Y + area.H - last.Y
}

// bounds is the box of all shapes.
func bounds(g *graph, lanes []lane, flows []flow) rect {
	last := lanes[len(lanes)-1]
	lo, hi := pt{0, 0}, pt{pictureW, last.top + last.height}
	for i := range g.nodes {
		hi.X = max(hi.X, g.nodes[i].box.X+nodeW+laneLeft)
	}
	for i := range flows {
		for t := 0.0; t <= 1; t += 0.1 {
			p := flows[i].curve.at(t)
			lo.X, lo.Y = min(lo.X, p.X-14), min(lo.Y, p.Y-14)
			hi.X, hi.Y = max(hi.X, p.X+14), max(hi.Y, p.Y+14)
		}
	}
	return rect{lo.X, lo.Y, hi.X - lo.X, hi.Y - lo.Y}
}

// flowOrder puts baseline lines below tagged ones, and broken ones on top.
func flowOrder(flows []flow) []int {
	order := make([]int, len(flows))
	for i := range order {
		order[i] = i
	}
	rank := func(f flow) int {
		switch {
		case f.worst:
			return 2
		case f.tag != "":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(flows[a]) - rank(flows[b]) })
	return order
}

func newFlowView(g *graph, f *flow, most uint64) flowView {
	e := &g.edges[f.edge]
	from, to := g.ends[f.edge][0], g.ends[f.edge][1]
	v := flowView{
		Path: f.curve.path(), Class: g.colours.class(f.tag),
		Width:  1.5 + thickest(len(g.edges))*math.Log1p(float64(f.hops))/math.Log1p(float64(most)),
		Dashed: e.Kind == auditor.HopMessage, Broken: f.worst,
		Info: strings.Join(edgeLines(e), "\n"), From: from, To: to,
		Service: e.To.Service, Verdicts: verdictList(e.Findings),
	}
	v.Arrow = v.Class
	g.note(to, e)
	return v
}

// thickest is how much the busiest line is thicker than the calmest.
func thickest(edges int) float64 {
	if edges > manyEdges {
		return 2
	}
	return 4
}

// edgeLines are the details of an edge.
func edgeLines(e *auditor.Edge) []string {
	what := string(e.Kind)
	if e.Destination != "" {
		what += " " + e.Destination
	}
	lines := []string{
		e.From.Service + " (" + homeName(e.From) + ") → " + e.To.Service + " (" + homeName(e.To) + ")",
		what + ", hops: " + hopWords(e.Hops),
	}
	if sum(e.Findings) > 0 {
		lines = append(lines, "findings: "+findingWords(e.Findings))
	}
	return lines
}

// note adds the edge to the details of its target, once for each edge.
func (g *graph) note(to int, e *auditor.Edge) {
	line := "from " + e.From.Service + " (" + homeName(e.From) + "), " + strings.Join(edgeLines(e)[1:], ", ")
	n := &g.nodes[to]
	if !slices.Contains(n.lines, line) {
		n.lines = append(n.lines, line)
	}
}

func newNodeView(g *graph, i int) nodeView {
	n := &g.nodes[i]
	v := nodeView{
		Name: shorten(n.Service, 16), Home: shorten(homeName(n.Node), 20), Class: nodeClass(n.Node, g.colours),
		X: n.box.X, Y: n.box.Y, W: n.box.W, H: n.box.H, Service: n.Service, Verdicts: verdictList(n.local), ID: i,
	}
	lines := []string{n.Service + ", home " + homeName(n.Node)}
	if broken := sum(n.local); broken > 0 {
		v.Badge = "✕ " + number(broken)
		v.BadgeW = textWidth(v.Badge) + 14
		lines = append(lines, "inside it: "+findingWords(n.local))
	}
	const most = 10
	if len(n.lines) > most {
		n.lines = append(n.lines[:most], "and "+number(len(n.lines)-most)+" more edges")
	}
	v.Info = strings.Join(append(lines, n.lines...), "\n")
	return v
}

func verdictList(fs map[auditor.Verdict]uint64) string {
	var out []string
	for _, v := range verdictOrder() {
		if fs[v] > 0 {
			out = append(out, string(v))
		}
	}
	return strings.Join(out, ",")
}

// textWidth estimates the width of 11 px text.
func textWidth(s string) float64 { return 6.6 * float64(len([]rune(s))) }
