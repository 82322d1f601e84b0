package htmlreport

import (
	"cmp"
	"slices"
)

// Measures of the picture, in CSS pixels.
const (
	nodeW, nodeH   = 152, 48
	minGap, maxGap = 104, 200 // between columns
	rowGap         = 28
	pictureW       = 1260 // aimed at, where the gaps allow it
	lanePadTop     = 60
	lanePadBottom  = 40
	laneLeft       = 24
)

// pt is a point, rect a box; y grows downwards.
type pt struct{ X, Y float64 }

type rect struct{ X, Y, W, H float64 }

func (r rect) holds(p pt, margin float64) bool {
	return p.X > r.X-margin && p.X < r.X+r.W+margin && p.Y > r.Y-margin && p.Y < r.Y+r.H+margin
}

func (r rect) meets(o rect) bool {
	return r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// lane is the band of one home.
type lane struct {
	name, class string
	order       uint64 // hops, for sorting
	rank        int    // 0 baseline, 1 envs, 2 home unknown
	top, height float64
}

// placeNodes gives every workload its lane and its box, and returns the lanes
// from top to bottom: baseline, the envs by traffic, homes unknown.
func placeNodes(g *graph) []lane {
	lanes := assignLanes(g)
	layers := 0
	for i := range g.nodes {
		layers = max(layers, g.nodes[i].layer+1)
	}
	cells := make([][][]int, len(lanes))
	for l := range cells {
		cells[l] = make([][]int, layers)
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		cells[n.lane][n.layer] = append(cells[n.lane][n.layer], i)
	}
	orderColumns(g, cells)
	y := 0.0
	gap := columnGap(layers)
	for l := range lanes {
		lanes[l].top, lanes[l].height = y, placeLane(g, cells[l], y, gap)
		y += lanes[l].height + 10
	}
	return lanes
}

// columnGap lets few columns fill the width, many stand close.
func columnGap(layers int) float64 {
	if layers < 2 {
		return minGap
	}
	free := pictureW - 2*laneLeft - layers*nodeW
	return min(max(float64(free)/float64(layers-1), minGap), maxGap)
}

// placeLane places the workloads of a lane whose top is at y; it returns the
// lane's height.
func placeLane(g *graph, cells [][]int, y, gap float64) float64 {
	rows := 1
	for _, cell := range cells {
		rows = max(rows, len(cell))
	}
	inner := float64(rows*(nodeH+rowGap) - rowGap)
	placed := map[int]bool{}
	for layer, cell := range cells {
		used := float64(len(cell)*(nodeH+rowGap) - rowGap)
		start := min(max(wantedTop(g, cell, placed, used)-y-lanePadTop, 0), inner-used)
		for row, n := range cell {
			g.nodes[n].box = rect{
				X: laneLeft + float64(layer)*(nodeW+gap),
				Y: y + lanePadTop + start + float64(row*(nodeH+rowGap)),
				W: nodeW, H: nodeH,
			}
			placed[n] = true
		}
	}
	return lanePadTop + inner + lanePadBottom
}

// wantedTop is where a column of the given height would start to stand level
// with what is placed of its neighbours.
func wantedTop(g *graph, cell []int, placed map[int]bool, height float64) float64 {
	member := map[int]bool{}
	for _, n := range cell {
		member[n] = true
	}
	total, count := 0.0, 0.0
	for _, e := range g.ends {
		for _, pair := range [][2]int{e, {e[1], e[0]}} {
			if member[pair[0]] && placed[pair[1]] {
				total, count = total+g.nodes[pair[1]].box.Y+nodeH/2, count+1
			}
		}
	}
	if count == 0 {
		return 0
	}
	return total/count - height/2
}

// assignLanes makes a lane for each home in the picture.
func assignLanes(g *graph) []lane {
	var lanes []lane
	index := map[string]int{}
	for i := range g.nodes {
		n := &g.nodes[i]
		l := lane{name: homeName(n.Node), class: nodeClass(n.Node, g.colours), rank: 1}
		switch {
		case n.Baseline:
			l.name, l.rank = "baseline", 0
		case n.Home == "":
			l.rank = 2
		}
		key := string(rune('0'+l.rank)) + l.name
		at, ok := index[key]
		if !ok {
			at = len(lanes)
			index[key], lanes = at, append(lanes, l)
		}
		n.lane = at
	}
	for i := range g.edges {
		lanes[g.nodes[g.ends[i][1]].lane].order += sum(g.edges[i].Hops)
	}
	return sortLanes(g, lanes)
}

func sortLanes(g *graph, lanes []lane) []lane {
	order := make([]int, len(lanes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(lanes[a].rank, lanes[b].rank), cmp.Compare(lanes[b].order, lanes[a].order), cmp.Compare(lanes[a].name, lanes[b].name))
	})
	out, to := make([]lane, len(lanes)), make([]int, len(lanes))
	for i, old := range order {
		out[i], to[old] = lanes[old], i
	}
	for i := range g.nodes {
		g.nodes[i].lane = to[g.nodes[i].lane]
	}
	return out
}
