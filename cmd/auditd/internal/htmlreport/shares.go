package htmlreport

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// Rows of one table of shares: those in sight, and all that the page holds.
const (
	sharesInSight = 5
	sharesAtMost  = 50
)

// shareTable is the shares by service, topic or edge.
type shareTable struct {
	By        string
	Rows      []shareRow
	Rest      []shareRow // folded away
	Left      int        // not in the page at all
	Unit      string
	NoneFound string
}

// shareRow is one share; Bar is its percent, negative where no number is given.
type shareRow struct {
	Name, Env, Class    string
	Percent, Of, Reason string
	Bar                 float64
}

// shareTables sorts the shares into their tables, the largest traffic first.
func shareTables(shares []auditor.Share, colours palette) []shareTable {
	tables := []shareTable{
		{By: "service", Unit: "entry spans", NoneFound: "No service has tagged traffic."},
		{By: "topic", Unit: "produced messages", NoneFound: "No topic has tagged traffic."},
		{By: "edge", Unit: "hops", NoneFound: "No edge has tagged traffic."},
	}
	sorted := slices.Clone(shares)
	slices.SortStableFunc(sorted, func(a, b auditor.Share) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Env, b.Env))
	})
	for i := range tables {
		t := &tables[i]
		for _, s := range sorted {
			if s.By == t.By {
				t.add(newShareRow(s, colours))
			}
		}
	}
	return tables
}

func (t *shareTable) add(r shareRow) {
	switch {
	case len(t.Rows) < sharesInSight:
		t.Rows = append(t.Rows, r)
	case len(t.Rows)+len(t.Rest) < sharesAtMost:
		t.Rest = append(t.Rest, r)
	default:
		t.Left++
	}
}

func newShareRow(s auditor.Share, colours palette) shareRow {
	r := shareRow{Name: s.Name, Env: s.Env, Class: colours.class(s.Env), Of: amount(s.Count) + " of " + amount(s.Total)}
	if s.By == "edge" {
		r.Name = strings.ReplaceAll(s.Name, "->", " → ")
	}
	switch {
	case s.Share == nil:
		r.Bar = -1
		r.Reason = "no number: only some spans carry a sampling threshold"
	default:
		r.Percent, r.Bar = percent(*s.Share), 100*clamp01(*s.Share)
		r.Reason = basisWords(s.Basis)
	}
	return r
}

func basisWords(b auditor.Basis) string {
	switch b {
	case auditor.BasisAdjusted:
		return "adjusted for sampling"
	case auditor.BasisSpans:
		return "spans as seen, sampling unknown"
	}
	return string(b)
}
