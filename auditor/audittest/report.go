package audittest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

const reportAdvice = "write: hops 5, judged 4, spans 9, coverage 4/5, undecidable REASON 1, undecidable none, placement VERDICT 2, " +
	"placement undecidable REASON 1, share service|topic|edge NAME ENV 1/2 [adjusted|spans], share ... mixed, share ... none, " +
	"warning KIND SUBJECT, no warning KIND"

// report opens the report of a case.
func (p *parser) report(l rawLine) *Error {
	switch {
	case p.open == nil:
		return p.fail(l, 0, `begin a case first: case "name"`, "report outside of a case")
	case p.inReport:
		return p.fail(l, 0, "put all lines into one report", "second report")
	case len(l.tokens) > 1:
		return p.fail(l, 1, "put the expectations on the lines below it", "text after report")
	}
	p.inReport = true
	return nil
}

// reportLine reads one expectation of the report.
func (p *parser) reportLine(l rawLine) *Error {
	words := make([]string, 0, len(l.tokens))
	for i, t := range l.tokens {
		w, ok := unquote(t.text)
		if !ok {
			return p.fail(l, i, reportAdvice, "%q is no word", t.text)
		}
		words = append(words, w)
	}
	check := reportCheck(words)
	if check == nil {
		return p.fail(l, 0, reportAdvice, "%q is no expectation of a report", strings.Join(words, " "))
	}
	p.open.Report = append(p.open.Report, ReportLine{Line: l.number, text: strings.Join(words, " "), check: check})
	return nil
}

// reportCheck returns the check of a line's words; nil when there is none.
func reportCheck(w []string) func(*auditor.Report) string {
	switch {
	case len(w) == 2 && w[0] == "coverage":
		return checkCoverage(w[1])
	case len(w) == 2 && w[0] == "undecidable" && w[1] == "none":
		return func(r *auditor.Report) string {
			return differ(total(r.Summary.Undecidable) == 0, r.Summary.Undecidable)
		}
	case len(w) >= 2 && w[0] == "share":
		return checkShare(w[1:])
	case len(w) == 3 && w[0] == "warning":
		return func(r *auditor.Report) string { return differ(hasWarning(r, w[1], w[2]), r.Summary.Warnings) }
	case len(w) == 3 && w[0] == "no" && w[1] == "warning":
		return func(r *auditor.Report) string { return differ(!hasWarning(r, w[2], ""), r.Summary.Warnings) }
	}
	return checkCount(w)
}

// differ is "" when ok, else what was got.
func differ(ok bool, got any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf("got %v", got)
}

// checkCount reads a name of one or more words and a count.
func checkCount(w []string) func(*auditor.Report) string {
	if len(w) < 2 {
		return nil
	}
	want, err := strconv.ParseUint(w[len(w)-1], 10, 32)
	if err != nil {
		return nil
	}
	var get func(s *auditor.Summary) uint64
	switch name := strings.Join(w[:len(w)-1], " "); {
	case name == "hops":
		get = func(s *auditor.Summary) uint64 { return s.Hops }
	case name == "judged":
		get = func(s *auditor.Summary) uint64 { return s.Judged }
	case name == "spans":
		get = func(s *auditor.Summary) uint64 { return s.Spans }
	case len(w) == 3 && w[0] == "undecidable" && isReason(w[1]):
		get = func(s *auditor.Summary) uint64 { return s.Undecidable[auditor.Reason(w[1])] }
	case len(w) == 4 && w[0] == "placement" && w[1] == "undecidable" && isReason(w[2]):
		get = func(s *auditor.Summary) uint64 { return s.Placement.Undecidable[auditor.Reason(w[2])] }
	case len(w) == 3 && w[0] == "placement" && isPlacement(auditor.Verdict(w[1])):
		get = func(s *auditor.Summary) uint64 { return s.Placement.Verdicts[auditor.Verdict(w[1])] }
	default:
		return nil
	}
	return func(r *auditor.Report) string { got := get(&r.Summary); return differ(got == want, got) }
}

func isReason(s string) bool {
	switch auditor.Reason(s) {
	case auditor.ReasonUpstreamMissing, auditor.ReasonUpstreamUnknown, auditor.ReasonSilent, auditor.ReasonNoTags,
		auditor.ReasonMixedBatch, auditor.ReasonLinksDropped, auditor.ReasonHomeUnknown, auditor.ReasonOrigin,
		auditor.ReasonEvicted, auditor.ReasonRestart, auditor.ReasonRemoteLink:
		return true
	}
	return false
}

func isPlacement(v auditor.Verdict) bool {
	switch v {
	case auditor.VerdictOK, auditor.VerdictOKFallback, auditor.VerdictOKShared, auditor.VerdictLeak,
		auditor.VerdictPollution, auditor.VerdictCrossEnv:
		return true
	}
	return false
}

// checkCoverage reads a fraction or a decimal.
func checkCoverage(s string) func(*auditor.Report) string {
	want, ok := ratio(s)
	if !ok {
		return nil
	}
	return func(r *auditor.Report) string { return differ(near(r.Summary.Coverage, want), r.Summary.Coverage) }
}

// checkShare reads: by name env ratio [basis].
func checkShare(w []string) func(*auditor.Report) string {
	if len(w) < 4 || len(w) > 5 || w[0] != "service" && w[0] != "topic" && w[0] != "edge" {
		return nil
	}
	want, isNumber := ratio(w[3])
	if !isNumber && w[3] != "mixed" && w[3] != "none" || len(w) == 5 && w[4] != "adjusted" && w[4] != "spans" {
		return nil
	}
	return func(r *auditor.Report) string {
		s := findShare(r, w[0], w[1], w[2])
		switch {
		case s == nil:
			return differ(w[3] == "none", "no such share")
		case w[3] == "mixed":
			return differ(s.Basis == auditor.BasisMixed && s.Share == nil, showShare(s))
		case s.Share == nil || w[3] == "none":
			return showShare(s)
		}
		return differ(near(*s.Share, want) && (len(w) < 5 || string(s.Basis) == w[4]), showShare(s))
	}
}

func showShare(s *auditor.Share) string {
	return fmt.Sprintf("got %g of %g, basis %s", s.Count, s.Total, s.Basis)
}

func findShare(r *auditor.Report, by, name, env string) *auditor.Share {
	for i := range r.Shares {
		if s := &r.Shares[i]; s.By == by && s.Name == name && s.Env == env {
			return s
		}
	}
	return nil
}

func hasWarning(r *auditor.Report, kind, subject string) bool {
	for _, w := range r.Summary.Warnings {
		if w.Kind == kind && strings.Contains(w.Subject, subject) {
			return true
		}
	}
	return false
}

// ratio reads 3/4 or 0.75, from 0 to 1.
func ratio(s string) (float64, bool) {
	above, below, fraction := strings.Cut(s, "/")
	v, err := strconv.ParseFloat(above, 64)
	if fraction && err == nil {
		var d float64
		d, err = strconv.ParseFloat(below, 64)
		v /= d
	}
	return v, err == nil && v >= 0 && v <= 1
}

// total adds up the counts of a map.
func total[K comparable](m map[K]uint64) uint64 {
	var n uint64
	for _, v := range m {
		n += v
	}
	return n
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
