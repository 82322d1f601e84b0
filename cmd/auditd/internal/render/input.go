package render

import (
	"cmp"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// Input is what is rendered. The renderers only read it.
type Input struct {
	Report auditor.Report
	// Inputs are the names of what was read.
	Inputs []string
	// Policy is the policy file; empty: the defaults.
	Policy string
	// Fails says whether a finding fails the run (--fail-on). Nil: proven ones.
	Fails func(auditor.Finding) bool
	// FailOn is the list that Fails stands for, as the user wrote it.
	FailOn string
	// Errors says what could not be read: the report is incomplete.
	Errors []string
	// Hints are paragraphs of advice to the operator.
	Hints []string
	// Version of the tool.
	Version string
}

func (in *Input) fails(f auditor.Finding) bool {
	if in.Fails == nil {
		return f.Certainty == auditor.Proven
	}
	return in.Fails(f)
}

// open returns the open findings in the report's order.
func (in *Input) open() []auditor.Finding {
	var out []auditor.Finding
	for _, f := range in.Report.Findings {
		if f.State != auditor.StateWithdrawn {
			out = append(out, f)
		}
	}
	return out
}

// group is the findings with one blame: what one correction would end.
type group struct {
	verdict           auditor.Verdict
	code              auditor.Code
	blame             auditor.Blame
	proven, suspected int
	failing           int
	findings          []auditor.Finding // proven first
}

func (g *group) first() auditor.Finding { return g.findings[0] }

// groups puts the open findings together by blame, the worst first: proven
// before suspected, then by the severity of the verdict, then by their number.
func (in *Input) groups() []*group {
	type key struct {
		verdict auditor.Verdict
		code    auditor.Code
		blame   auditor.Blame
	}
	byKey := map[key]*group{}
	var out []*group
	for _, f := range in.open() {
		k := key{f.Verdict, f.Code, f.Blame}
		g := byKey[k]
		if g == nil {
			g = &group{verdict: f.Verdict, code: f.Code, blame: f.Blame}
			byKey[k] = g
			out = append(out, g)
		}
		g.add(f, in.fails(f))
	}
	for _, g := range out {
		slices.SortStableFunc(g.findings, func(a, b auditor.Finding) int {
			return cmp.Compare(rankOf(a.Certainty), rankOf(b.Certainty))
		})
	}
	slices.SortStableFunc(out, worse)
	return out
}

func (g *group) add(f auditor.Finding, fails bool) {
	if f.Certainty == auditor.Proven {
		g.proven++
	} else {
		g.suspected++
	}
	if fails {
		g.failing++
	}
	g.findings = append(g.findings, f)
}

func rankOf(c auditor.Certainty) int {
	if c == auditor.Proven {
		return 0
	}
	return 1
}

func worse(a, b *group) int {
	return cmp.Or(
		cmp.Compare(min(b.proven, 1), min(a.proven, 1)),
		cmp.Compare(severityRank(a.verdict), severityRank(b.verdict)),
		cmp.Compare(len(b.findings), len(a.findings)),
		cmp.Compare(a.blame.Service, b.blame.Service),
		cmp.Compare(a.blame.Operation, b.blame.Operation),
		cmp.Compare(a.blame.Where, b.blame.Where),
		cmp.Compare(a.code, b.code),
	)
}

// count returns how many open findings are proven and how many suspected.
func (in *Input) count() (proven, suspected int) {
	for _, f := range in.open() {
		if f.Certainty == auditor.Proven {
			proven++
		} else {
			suspected++
		}
	}
	return proven, suspected
}
