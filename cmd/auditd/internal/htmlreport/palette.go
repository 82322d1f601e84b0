package htmlreport

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// hues is how many env colours the style sheet has; more envs share them.
const hues = 6

// palette gives every env a hue, the busiest env the first one.
type palette struct {
	hue      map[string]int
	baseline map[string]bool
}

// newPalette knows the envs of the topology, the findings and the excerpts.
func newPalette(in Input) palette {
	p := palette{hue: map[string]int{}, baseline: map[string]bool{"": true, "base": true, "baseline": true}}
	weight := map[string]uint64{}
	for _, e := range in.Topology {
		p.node(weight, e.From)
		p.node(weight, e.To)
		for tag, n := range e.Hops {
			weight[tag] += n
		}
	}
	for i := range in.Report.Findings {
		f := &in.Report.Findings[i]
		weight[f.Env] += 0
		weight[f.Home] += 0
		weight[f.Peer.Env] += 0
		weight[f.Peer.Home] += 0
	}
	for _, s := range in.Report.Shares {
		weight[s.Env] += 0
	}
	for _, spans := range in.Excerpts {
		for i := range spans {
			weight[clean(spans[i].Tag)] += 0
			weight[clean(spans[i].Home)] += 0
		}
	}
	p.assign(weight)
	return p
}

func (p palette) node(weight map[string]uint64, n auditor.Node) {
	weight[n.Home] += 0
	if n.Baseline {
		p.baseline[n.Home] = true
	}
}

func (p palette) assign(weight map[string]uint64) {
	names := slices.Sorted(maps.Keys(weight))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(weight[b], weight[a]) })
	for _, n := range names {
		if !p.baseline[n] {
			p.hue[n] = len(p.hue) % hues
		}
	}
}

// class is the CSS class of a tag or home.
func (p palette) class(env string) string {
	if p.baseline[env] {
		return "base"
	}
	return "env" + string(rune('0'+p.hue[env]%hues))
}

// baselines returns the values that mean baseline, sorted.
func (p palette) baselines() []string { return slices.Sorted(maps.Keys(p.baseline)) }
