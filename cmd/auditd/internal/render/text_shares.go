package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

const (
	shareNames = 30
	shareEnvs  = 12
	barCells   = 20
	// sharesShown bounds the shares of one kind.
	sharesShown = 6
)

// shares writes the gray share of services and topics, the busiest first.
func (t *text) shares() {
	kinds := [...]string{"service", "topic"}
	var shown []auditor.Share
	more := map[string]int{}
	for _, by := range kinds {
		all := busiest(t.in.Report.Shares, by)
		n := len(all)
		if t.o.Limit > 0 {
			n = min(n, sharesShown)
		}
		shown, more[by] = append(shown, all[:n]...), len(all)-n
	}
	if len(shown) == 0 {
		return
	}
	t.section("GRAY SHARE", basisWords(shown))
	for i, s := range shown {
		t.share(s)
		if last := i == len(shown)-1 || shown[i+1].By != s.By; last && more[s.By] > 0 {
			t.row("", t.paint.dim("... and "+number(more[s.By])+" more"))
		}
	}
}

func (t *text) share(s auditor.Share) {
	value, bar := "unknown", strings.Repeat(" ", barCells)
	if s.Share != nil {
		value = percent(*s.Share, 1)
		full := int(min(1, max(0, *s.Share))*barCells + 0.5)
		if full == 0 && *s.Share > 0 {
			full = 1
		}
		bar = t.paint.cyan(strings.Repeat("#", full)) + t.paint.dim(strings.Repeat(".", barCells-full))
	}
	t.row(s.By, pad(Clean(s.Name), shareNames)+" "+pad(Clean(s.Env), shareEnvs-6)+" "+bar+" "+padLeft(value, 7))
}

func padLeft(s string, cells int) string {
	return strings.Repeat(" ", max(0, cells-len(s))) + s
}

// busiest returns the shares of a kind that carry a tag, by traffic.
func busiest(all []auditor.Share, by string) []auditor.Share {
	var out []auditor.Share
	for _, s := range all {
		if s.By == by && s.Env != "" {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b auditor.Share) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Env, b.Env))
	})
	return out
}

// basisWords says how far the numbers can be trusted.
func basisWords(shown []auditor.Share) string {
	seen := map[auditor.Basis]bool{}
	for _, s := range shown {
		seen[s.Basis] = true
	}
	switch {
	case seen[auditor.BasisMixed]:
		return "unknown where only some spans tell their sampling"
	case seen[auditor.BasisAdjusted] && !seen[auditor.BasisSpans]:
		return "adjusted for sampling"
	case seen[auditor.BasisSpans] && !seen[auditor.BasisAdjusted]:
		return "by seen spans; sampling is not known"
	}
	return ""
}
