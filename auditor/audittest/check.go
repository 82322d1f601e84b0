package audittest

import (
	"fmt"
	"sort"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// Check holds a report against a case. It returns what is wrong, each with its
// place in the script; nothing when all is right. The report's findings must
// carry the ids of the case's spans.
func Check(c *Case, r *auditor.Report) []string {
	problems := invariants(c, r)
	left := findingsBySpan(r)
	for i := range c.Spans {
		s := &c.Spans[i]
		id := hexID(s.Span.SpanID[:])
		got := left[id]
		delete(left, id)
		for _, p := range matchAll(s.Expect, got) {
			problems = append(problems, fmt.Sprintf("%s:%d: %s", c.File, s.Line, p))
		}
	}
	for id, fs := range left {
		problems = append(problems, fmt.Sprintf("%s:%d: finding on span %s, which is not of this case: %s",
			c.File, c.Line, id, show(fs[0])))
	}
	for _, line := range c.Report {
		if p := line.check(r); p != "" {
			problems = append(problems, fmt.Sprintf("%s:%d: report: want %s: %s", c.File, line.Line, line.text, p))
		}
	}
	sort.Strings(problems)
	return problems
}

// findingsBySpan groups the open findings by their own span.
func findingsBySpan(r *auditor.Report) map[string][]*auditor.Finding {
	out := map[string][]*auditor.Finding{}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.State != auditor.StateWithdrawn {
			out[f.SpanID] = append(out[f.SpanID], f)
		}
	}
	return out
}

// matchAll gives each expectation a finding of its own and says which are left
// on either side.
func matchAll(want []Expect, got []*auditor.Finding) []string {
	of := make([]int, len(got)) // finding -> expectation+1
	var problems []string
	for w := range want {
		if !assign(want, got, of, w, make([]bool, len(got))) && !want[w].Maybe {
			problems = append(problems, fmt.Sprintf("want %s: %s", want[w], showFree(got, of)))
		}
	}
	for i, f := range got {
		if of[i] == 0 && len(problems) == 0 {
			problems = append(problems, "nothing more expected here: got "+show(f))
		}
	}
	return problems
}

// assign finds a finding for expectation w, moving others where it must
// (Kuhn's augmenting path).
func assign(want []Expect, got []*auditor.Finding, of []int, w int, tried []bool) bool {
	for i, f := range got {
		if tried[i] || !want[w].matches(f) {
			continue
		}
		tried[i] = true
		if of[i] == 0 || assign(want, got, of, of[i]-1, tried) {
			of[i] = w + 1
			return true
		}
	}
	return false
}

func showFree(got []*auditor.Finding, of []int) string {
	var free []string
	for i, f := range got {
		if of[i] == 0 {
			free = append(free, "got "+show(f))
		}
	}
	if free == nil {
		return "got none"
	}
	return strings.Join(free, " ")
}

// show writes a finding as an expectation would be.
func show(f *auditor.Finding) string {
	return fmt.Sprintf("%s %s code=%s effect=%s env=%s kind=%s group=%s msgid=%s blame=%s/%s peer=%s (%s)", f.Verdict, f.Certainty,
		f.Code, f.Effect, f.Env, f.Kind, f.Group, f.MessageID, f.Blame.Service, f.Blame.Where, f.Peer.SpanID, f.Explain)
}

// invariants are what holds for every report (design.md sections 2 and 5).
func invariants(c *Case, r *auditor.Report) []string {
	var problems []string
	add := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Sprintf("%s:%d: report: ", c.File, c.Line)+fmt.Sprintf(format, args...))
		}
	}
	s := &r.Summary
	add(r.Version == 1, "version is %d, not 1", r.Version)
	add(s.Spans == distinct(c), "%d spans counted of %d", s.Spans, distinct(c))
	add(s.Judged <= s.Hops, "%d hops judged of %d", s.Judged, s.Hops)
	add(total(s.Undecidable) == s.Hops-s.Judged, "undecidable %v is not hops %d - judged %d", s.Undecidable, s.Hops, s.Judged)
	add(near(s.Coverage, part(s.Judged, s.Hops)), "coverage %g is not %d/%d", s.Coverage, s.Judged, s.Hops)
	pl := &s.Placement
	add(total(pl.Undecidable) == pl.Seen-pl.Judged, "placement undecidable %v is not seen %d - judged %d", pl.Undecidable, pl.Seen, pl.Judged)
	add(near(pl.Coverage, part(pl.Judged, pl.Seen)), "placement coverage %g is not %d/%d", pl.Coverage, pl.Judged, pl.Seen)
	ids := map[string]bool{}
	counts := map[auditor.Verdict]uint64{}
	for i := range r.Findings {
		f := &r.Findings[i]
		add(len(f.ID) == 32 && !ids[f.ID], "id %q is not 32 hex or stands twice", f.ID)
		add(sound(f), "finding with a word that the contract does not have: %+v", *f)
		ids[f.ID] = true
		if f.State == auditor.StateOpen {
			counts[f.Verdict]++
		}
	}
	for v := range counts {
		add(s.Findings[v] == counts[v], "summary counts %d %s, there are %d", s.Findings[v], v, counts[v])
	}
	add(total(s.Findings) == total(counts), "summary counts findings that are not there: %v", s.Findings)
	return problems
}

func distinct(c *Case) uint64 {
	ids := map[auditor.SpanID]bool{}
	for _, s := range c.Spans {
		ids[s.Span.SpanID] = true
	}
	return uint64(len(ids))
}

// part is a/b, and 1 where there is nothing to cover.
func part(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// sound reports whether a finding's words are those of the contract.
func sound(f *auditor.Finding) bool {
	return isFindingVerdict(f.Verdict) && isEffect(f.Effect) && f.Verdict != f.Effect && f.Explain != "" &&
		(f.Certainty == auditor.Proven || f.Certainty == auditor.Suspected) &&
		(f.Code == "" || isCode(string(f.Code))) && isWhere(f.Blame.Where) && f.Revision >= 1 &&
		(f.Axis == axisOf(f.Verdict)) && (f.State == auditor.StateOpen || f.State == auditor.StateWithdrawn) &&
		(f.Kind == auditor.HopLocal || f.Kind == auditor.HopRPC || f.Kind == auditor.HopMessage)
}

func axisOf(v auditor.Verdict) auditor.Axis {
	switch v {
	case auditor.VerdictEscape, auditor.VerdictMutation, auditor.VerdictInjection:
		return auditor.AxisPropagation
	case auditor.VerdictStranded:
		return auditor.AxisConservation
	}
	return auditor.AxisPlacement
}
