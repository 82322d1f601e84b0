package main

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/dyetrace/dyetrace/auditor"
)

//go:embed verdicts.md.tmpl
var pageTemplate string

// page is what the template shows.
type page struct {
	Findings, Others []section
	Rules            []ruleLine
	Orders           []order
	Codes, Blind     []auditor.CodeEntry
	Reasons          []auditor.ReasonEntry
}

// section is one verdict with what the catalogue does not hold.
type section struct {
	auditor.Entry
	Proven string // when a finding of it is proven
}

// render returns the page. It fails where the catalogue names a code or verdict
// that this package knows nothing of, so that the page is never half a page.
func render() ([]byte, error) {
	p := page{Rules: ruleLines(), Orders: orders(), Reasons: auditor.Reasons()}
	proven := provenWhen()
	for _, e := range auditor.Catalogue() {
		s := section{e, proven[e.Verdict]}
		switch {
		case e.Severity == auditor.SeverityNone:
			p.Others = append(p.Others, s)
		case s.Proven == "":
			return nil, fmt.Errorf("verdict %s: say in provenWhen when it is proven", e.Verdict)
		default:
			p.Findings = append(p.Findings, s)
		}
	}
	for _, c := range auditor.Codes() {
		switch {
		case c.Blind != "":
			p.Blind = append(p.Blind, c)
		case !ordered(p.Orders, c):
			return nil, fmt.Errorf("code %s of %s: give it its place in orders", c.Code, c.Verdict)
		default:
			p.Codes = append(p.Codes, c)
		}
	}
	t, err := template.New("verdicts.md").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return out.Bytes(), err
}

// ordered reports whether a code stands in the order of its verdict.
func ordered(all []order, c auditor.CodeEntry) bool {
	return slices.ContainsFunc(all, func(o order) bool {
		return slices.Contains(o.Verdicts, c.Verdict) && slices.Contains(o.Codes, c.Code)
	})
}

// List joins the codes as the page shows them.
func (o order) List() string {
	parts := make([]string, len(o.Codes))
	for i, c := range o.Codes {
		parts[i] = string(c)
	}
	return strings.Join(parts, ", ")
}

// Names joins the verdicts as the page shows them.
func (o order) Names() string {
	parts := make([]string, len(o.Verdicts))
	for i, v := range o.Verdicts {
		parts[i] = "`" + string(v) + "`"
	}
	return strings.Join(parts, ", ")
}
