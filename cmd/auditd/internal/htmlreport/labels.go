package htmlreport

import (
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// manyEdges is where topics are named only in the details.
const manyEdges = 90

// placeLabels names the topics and marks the broken hops. A label stands on its
// line, at the first place that no box and no other label has taken.
func placeLabels(g *graph, lanes []lane, flows []flow) []labelView {
	var taken []rect
	for _, l := range lanes {
		taken = append(taken, rect{laneLeft, l.top + 8, 8 * float64(len([]rune(l.name))), 24})
	}
	for i := range g.nodes {
		taken = append(taken, g.nodes[i].box)
	}
	var out []labelView
	put := func(f *flow, text string, broken bool) {
		w := textWidth(text) + 14
		p := freePlace(f.curve, w, taken)
		taken = append(taken, rect{p.X - w/2, p.Y - 9, w, 18})
		out = append(out, labelView{X: p.X, Y: p.Y, W: w, Left: -w / 2, Text: text, Broken: broken, From: g.ends[f.edge][0], To: g.ends[f.edge][1]})
	}
	for i := range flows {
		if f := &flows[i]; f.worst {
			put(f, "✕ "+number(sum(g.edges[f.edge].Findings)), true)
		}
	}
	for i := range flows {
		e := &g.edges[flows[i].edge]
		if flows[i].first && e.Kind == auditor.HopMessage && e.Destination != "" && len(g.edges) <= manyEdges {
			put(&flows[i], shorten(e.Destination, 22), false)
		}
	}
	slices.Reverse(out) // broken marks on top
	return out
}

func freePlace(c curve, w float64, taken []rect) pt {
	for _, t := range []float64{0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82} {
		p := c.at(t)
		box := rect{p.X - w/2 - 2, p.Y - 11, w + 4, 22}
		if !slices.ContainsFunc(taken, box.meets) {
			return p
		}
	}
	return c.at(0.5)
}

// legend lists what the picture's colours and lines mean.
func (d *diagram) legend(g *graph, flows []flow) {
	seen := map[string]bool{}
	for i := range flows {
		f := &flows[i]
		d.Dashed = d.Dashed || g.edges[f.edge].Kind == auditor.HopMessage
		d.HasBroken = d.HasBroken || f.worst
		if f.tag == "" || seen[f.tag] || g.colours.baseline[f.tag] {
			continue
		}
		seen[f.tag] = true
		if len(d.Envs) < 2*hues {
			d.Envs = append(d.Envs, legendEnv{f.tag, g.colours.class(f.tag)})
		}
	}
	d.HasBroken = d.HasBroken || slices.ContainsFunc(d.Nodes, func(n nodeView) bool { return n.Badge != "" })
	slices.SortFunc(d.Envs, func(a, b legendEnv) int { return g.colours.hue[a.Name] - g.colours.hue[b.Name] })
	for h := range hues {
		d.Hues = append(d.Hues, h)
	}
}
