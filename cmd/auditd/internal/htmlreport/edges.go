package htmlreport

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// edgeRow is an edge in words.
type edgeRow struct {
	From, To           string
	FromHome, ToHome   string
	FromClass, ToClass string
	Kind, Destination  string
	Hops, Findings     string
	Broken             bool
}

func newEdgeRow(e auditor.Edge, colours palette) edgeRow {
	return edgeRow{
		From: e.From.Service, FromHome: homeName(e.From), FromClass: nodeClass(e.From, colours),
		To: e.To.Service, ToHome: homeName(e.To), ToClass: nodeClass(e.To, colours),
		Kind: string(e.Kind), Destination: e.Destination,
		Hops: hopWords(e.Hops), Findings: findingWords(e.Findings), Broken: sum(e.Findings) > 0,
	}
}

func homeName(n auditor.Node) string {
	switch {
	case n.Home != "":
		return n.Home
	case n.Baseline:
		return "baseline"
	}
	return "home unknown"
}

func nodeClass(n auditor.Node, colours palette) string {
	switch {
	case n.Baseline:
		return "base"
	case n.Home == "":
		return "nohome"
	}
	return colours.class(n.Home)
}

// sortedTags returns the tags of an edge, baseline first, then the most hops.
func sortedTags(hops map[string]uint64) []string {
	var out []string
	for t := range hops {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b string) int {
		if (a == "") != (b == "") {
			return pickInt(a == "", -1, 1)
		}
		return cmp.Or(cmp.Compare(hops[b], hops[a]), cmp.Compare(a, b))
	})
	return out
}

func pickInt(b bool, yes, no int) int {
	if b {
		return yes
	}
	return no
}

// hopWords says "120 baseline, 30 gray".
func hopWords(hops map[string]uint64) string {
	var out []string
	for _, t := range sortedTags(hops) {
		out = append(out, number(hops[t])+" "+pick(t == "", "baseline", t))
	}
	return strings.Join(out, ", ")
}

// findingWords says "12 leak, 1 escape".
func findingWords(fs map[auditor.Verdict]uint64) string {
	var out []string
	order := verdictOrder()
	for v := range fs {
		if !slices.Contains(order, v) {
			order = append(order, v)
		}
	}
	slices.Sort(order[len(verdictOrder()):])
	for _, v := range order {
		if fs[v] > 0 {
			out = append(out, number(fs[v])+" "+string(v))
		}
	}
	return strings.Join(out, ", ")
}
