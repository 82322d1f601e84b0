package htmlreport

import (
	"cmp"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// assignLayers gives every workload its column. Columns belong to services, not
// to workloads, so that a service and its twin stand above each other.
//
// The method is Sugiyama's in small: edges that would close a cycle are left
// out (RPC edges come first, so it is the message that goes back), the rest is
// layered by its longest path.
func assignLayers(g *graph) {
	services, of := g.services()
	order := make([]int, len(g.edges))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		ma, mb := g.edges[a].Kind == auditor.HopMessage, g.edges[b].Kind == auditor.HopMessage
		if ma != mb {
			return pickInt(ma, 1, -1)
		}
		return cmp.Compare(sum(g.edges[b].Hops), sum(g.edges[a].Hops))
	})
	next := make([][]int, services)
	for _, i := range order {
		from, to := of[g.ends[i][0]], of[g.ends[i][1]]
		if from != to && !slices.Contains(next[from], to) && !reaches(next, to, from) {
			next[from] = append(next[from], to)
		}
	}
	layer := longestPath(next)
	for i := range g.nodes {
		g.nodes[i].layer = layer[of[i]]
	}
}

// services numbers the services in order of appearance and returns for each
// workload its service.
func (g *graph) services() (n int, of []int) {
	known := map[string]int{}
	of = make([]int, len(g.nodes))
	for i := range g.nodes {
		s, ok := known[g.nodes[i].Service]
		if !ok {
			s = len(known)
			known[g.nodes[i].Service] = s
		}
		of[i] = s
	}
	return len(known), of
}

// reaches reports whether a path leads from a to b.
func reaches(next [][]int, a, b int) bool {
	seen := make([]bool, len(next))
	stack := []int{a}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == b {
			return true
		}
		if !seen[n] {
			seen[n] = true
			stack = append(stack, next[n]...)
		}
	}
	return false
}

// longestPath layers an acyclic graph: 0 for what nothing leads to.
func longestPath(next [][]int) []int {
	layer, waits := make([]int, len(next)), make([]int, len(next))
	for _, ns := range next {
		for _, n := range ns {
			waits[n]++
		}
	}
	var ready []int
	for n, w := range waits {
		if w == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		for _, m := range next[n] {
			layer[m] = max(layer[m], layer[n]+1)
			if waits[m]--; waits[m] == 0 {
				ready = append(ready, m)
			}
		}
	}
	return layer
}

// orderColumns sorts the workloads of every cell (lane and layer) so that they
// stand near their neighbours: a few barycentre sweeps to and fro.
func orderColumns(g *graph, cells [][][]int) {
	pos := make([]float64, len(g.nodes))
	near := make([][]int, len(g.nodes))
	for _, e := range g.ends {
		near[e[0]] = append(near[e[0]], e[1])
		near[e[1]] = append(near[e[1]], e[0])
	}
	for _, lane := range cells {
		for _, cell := range lane {
			slices.SortFunc(cell, func(a, b int) int { return compareNodes(g.nodes[a].Node, g.nodes[b].Node) })
			rank(cell, pos)
		}
	}
	for sweep := range 6 {
		for _, lane := range cells {
			for i := range lane {
				cell := lane[pickInt(sweep%2 == 0, i, len(lane)-1-i)]
				sortByNeighbours(g, cell, near, pos)
			}
		}
	}
}

func rank(cell []int, pos []float64) {
	for i, n := range cell {
		pos[n] = float64(i) - float64(len(cell)-1)/2
	}
}

func sortByNeighbours(g *graph, cell []int, near [][]int, pos []float64) {
	centre := map[int]float64{}
	for _, n := range cell {
		centre[n] = pos[n]
		total, count := 0.0, 0.0
		for _, m := range near[n] {
			if g.nodes[m].lane == g.nodes[n].lane && g.nodes[m].layer != g.nodes[n].layer {
				total, count = total+pos[m], count+1
			}
		}
		if count > 0 {
			centre[n] = total / count
		}
	}
	slices.SortStableFunc(cell, func(a, b int) int { return cmp.Compare(centre[a], centre[b]) })
	rank(cell, pos)
}
