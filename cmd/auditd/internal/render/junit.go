package render

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// The elements of JUnit XML that CI systems agree on.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Skipped *junitProblem `xml:"skipped"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
)

// maxExamples bounds the findings that are told of one group.
const maxExamples = 10

// JUnit writes one test suite. What XML 1.0 cannot hold is cleaned away. Every verdict that was looked for and not found
// is a passed test; each group of findings with one blame is a failed test where
// one of them fails the run, else a skipped one; what could not be read is a
// test with an error.
func JUnit(w io.Writer, in Input) error {
	s := junitSuite{Name: "auditd check", Properties: properties(&in)}
	for _, e := range in.Errors {
		s.Cases = append(s.Cases, junitCase{Class: "dyetrace.input", Name: "readable: " + CleanLines(e), Error: &junitProblem{Message: CleanLines(e), Type: "input"}})
		s.Errors++
	}
	found := map[auditor.Verdict]bool{}
	for _, g := range in.groups() {
		found[g.verdict] = true
		c := groupCase(g)
		if c.Failure != nil {
			s.Failures++
		} else {
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	for _, r := range rules() {
		if !found[r.Verdict] {
			s.Cases = append(s.Cases, junitCase{Class: class(r.Axis, r.Verdict), Name: "no " + string(r.Verdict)})
		}
	}
	s.Tests = len(s.Cases)
	return writeXML(w, junitSuites{Name: s.Name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []junitSuite{s}})
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func class(axis auditor.Axis, v auditor.Verdict) string {
	return "dyetrace." + string(axis) + "." + string(v)
}

func groupCase(g *group) junitCase {
	f := g.first()
	c := junitCase{Class: class(f.Axis, g.verdict), Name: CleanLines(groupName(g))}
	p := &junitProblem{Type: string(g.verdict), Message: CleanLines(counted(g) + ": " + f.Explain), Text: CleanLines(examples(g))}
	if g.failing > 0 {
		c.Failure = p
	} else {
		p.Type = ""
		c.Skipped = p
	}
	return c
}

// groupName tells groups apart by all of their blame.
func groupName(g *group) string {
	parts := []string{string(g.verdict), cmp.Or(g.blame.Service, "unknown service")}
	if g.blame.Operation != "" {
		parts = append(parts, g.blame.Operation)
	}
	parts = append(parts, string(cmp.Or(g.blame.Where, auditor.WhereUnknown)))
	if g.code != "" {
		parts = append(parts, string(g.code))
	}
	return strings.Join(parts, " | ")
}

// counted gives "3 proven, 2 suspected".
func counted(g *group) string {
	switch {
	case g.suspected == 0:
		return number(g.proven) + " proven"
	case g.proven == 0:
		return number(g.suspected) + " suspected"
	}
	return number(g.proven) + " proven, " + number(g.suspected) + " suspected"
}

func examples(g *group) string {
	var b strings.Builder
	for i, f := range g.findings {
		if i == maxExamples {
			fmt.Fprintf(&b, "\n... and %s more", number(len(g.findings)-maxExamples))
			break
		}
		fmt.Fprintf(&b, "\n%s: trace %s span %s at %s: %s", f.Certainty, f.TraceID, f.SpanID, stamp(f.Time), f.Explain)
	}
	b.WriteByte('\n')
	return b.String()
}

func properties(in *Input) []junitProperty {
	s := in.Report.Summary
	out := []junitProperty{
		{"policy", CleanLines(cmp.Or(in.Policy, "defaults"))},
		{"fail-on", CleanLines(in.FailOn)},
		{"spans", fmt.Sprint(s.Spans)},
		{"traces", fmt.Sprint(s.Traces)},
		{"hops", fmt.Sprint(s.Hops)},
		{"judged", fmt.Sprint(s.Judged)},
		{"coverage", fmt.Sprintf("%.4f", s.Coverage)},
		{"placement.coverage", fmt.Sprintf("%.4f", s.Placement.Coverage)},
	}
	for _, w := range s.Warnings {
		out = append(out, junitProperty{"warning." + CleanLines(w.Kind), CleanLines(w.Subject + ": " + w.Message)})
	}
	for _, h := range in.Hints {
		out = append(out, junitProperty{"hint", CleanLines(h)})
	}
	return out
}
