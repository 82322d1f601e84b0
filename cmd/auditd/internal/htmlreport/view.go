package htmlreport

import (
	"cmp"
	"html/template"
	"maps"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// view is what the page template needs.
type view struct {
	Title    string
	Inputs   []string
	More     int // inputs that are not listed
	CSP      string
	Style    template.CSS
	Script   template.JS
	Data     template.JS
	Head     headline
	Facts    []fact
	Findings int
	Counts   []verdictCount
	Hops     coverage
	Entries  coverage
	Warnings []auditor.Warning
	Hidden   int // warnings that are not listed
	Shares   []shareTable
	Diagram  diagram
}

// fact is one figure under the headline.
type fact struct{ Value, Label string }

// verdictCount is a row of the findings by verdict and certainty.
type verdictCount struct {
	Verdict                  auditor.Verdict
	Words                    string
	Proven, Suspected, Total int
	ProvenText               string
	SuspectedText            string
	Bar                      float64 // percent of the largest row
}

// coverage is judged of seen, with the reasons of the rest.
type coverage struct {
	Seen, Judged string
	Percent      string
	Bar          float64 // percent
	Parts        []part
	Reasons      []part
}

// part is a named count with its words.
type part struct {
	Name, Words, Count string
	Bar                float64 // percent of what was seen
	Bad                bool
}

// Lists of the page's head are cut here; the JSON output has all.
const (
	maxInputs   = 12
	maxWarnings = 20
)

func newView(in Input) (view, error) {
	in.Report.Findings = open(in.Report.Findings)
	in = cleaned(in)
	style, err := styleSheet()
	if err != nil {
		return view{}, err
	}
	code, err := script()
	if err != nil {
		return view{}, err
	}
	colours := newPalette(in)
	data, err := pageData(in, colours)
	if err != nil {
		return view{}, err
	}
	s := in.Report.Summary
	v := view{
		Title: in.Title, Inputs: in.Inputs, CSP: securityPolicy(style, code),
		Style: template.CSS(style), Script: template.JS(code), Data: template.JS(data),
		Head: newHeadline(in.Report.Findings, s), Facts: facts(s), Findings: len(in.Report.Findings),
		Counts: verdictCounts(in.Report.Findings), Warnings: s.Warnings,
		Hops:    newCoverage(s.Hops, s.Judged, s.Coverage, nil, s.Undecidable),
		Entries: newCoverage(s.Placement.Seen, s.Placement.Judged, s.Placement.Coverage, s.Placement.Verdicts, s.Placement.Undecidable),
		Shares:  shareTables(in.Report.Shares, colours),
		Diagram: newDiagram(in.Topology, in.Report.Findings, colours),
	}
	v.cut()
	return v, nil
}

func (v *view) cut() {
	if v.Title == "" {
		v.Title = "Gray release audit"
	}
	if n := len(v.Inputs) - maxInputs; n > 0 {
		v.Inputs, v.More = v.Inputs[:maxInputs], n
	}
	if n := len(v.Warnings) - maxWarnings; n > 0 {
		v.Warnings, v.Hidden = v.Warnings[:maxWarnings], n
	}
}

// open leaves out what was withdrawn, without touching the caller's slice.
func open(fs []auditor.Finding) []auditor.Finding {
	gone := func(f auditor.Finding) bool { return f.State == auditor.StateWithdrawn }
	if !slices.ContainsFunc(fs, gone) {
		return fs
	}
	return slices.DeleteFunc(slices.Clone(fs), gone)
}

func facts(s auditor.Summary) []fact {
	return []fact{
		{number(s.Traces), "traces"},
		{number(s.Spans), "spans"},
		{ratioOf(s.Coverage, s.Hops), "of " + number(s.Hops) + " hops judged"},
		{ratioOf(s.Placement.Coverage, s.Placement.Seen), "of " + number(s.Placement.Seen) + " entry spans placed"},
	}
}

func verdictCounts(fs []auditor.Finding) []verdictCount {
	by := map[auditor.Verdict]*verdictCount{}
	order := verdictOrder()
	for i := range fs {
		f := &fs[i]
		c := by[f.Verdict]
		if c == nil {
			c = &verdictCount{Verdict: f.Verdict, Words: verdictWords(f.Verdict)}
			by[f.Verdict] = c
			if !slices.Contains(order, f.Verdict) {
				order = append(order, f.Verdict)
			}
		}
		c.Total++
		if f.Certainty == auditor.Proven {
			c.Proven++
		} else {
			c.Suspected++
		}
	}
	return countRows(by, order)
}

func countRows(by map[auditor.Verdict]*verdictCount, order []auditor.Verdict) []verdictCount {
	var out []verdictCount
	most := 1
	for _, v := range order {
		if c := by[v]; c != nil {
			c.ProvenText, c.SuspectedText = number(c.Proven), number(c.Suspected)
			out = append(out, *c)
			most = max(most, c.Total)
		}
	}
	for i := range out {
		out[i].Bar = 100 * float64(out[i].Total) / float64(most)
	}
	return out
}

func newCoverage(seen, judged uint64, ratio float64, verdicts map[auditor.Verdict]uint64, why map[auditor.Reason]uint64) coverage {
	c := coverage{Seen: number(seen), Judged: number(judged), Percent: ratioOf(ratio, seen)}
	of := float64(max(seen, 1))
	c.Bar = 100 * clamp01(float64(judged)/of)
	for _, v := range verdictOrder() {
		if n := verdicts[v]; n > 0 && v != auditor.VerdictUndecidable {
			c.Parts = append(c.Parts, part{
				Name: string(v), Words: verdictWords(v), Count: number(n),
				Bar: 100 * clamp01(float64(n)/of), Bad: violation(v),
			})
		}
	}
	reasons := slices.Sorted(maps.Keys(why))
	slices.SortStableFunc(reasons, func(a, b auditor.Reason) int { return cmp.Compare(why[b], why[a]) })
	for _, r := range reasons {
		if why[r] > 0 {
			c.Reasons = append(c.Reasons, part{
				Name: string(r), Words: reasonWords(r), Count: number(why[r]),
				Bar: 100 * clamp01(float64(why[r])/of),
			})
		}
	}
	return c
}
