package policyfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds the errors, and the warnings, of one file; the rest is
// counted.
const maxProblems = 200

// Error is one thing that is wrong in a policy file.
type Error struct {
	File string
	// Line and Column count from 1; columns are characters.
	Line, Column int
	// Field is the path of the field, like consumers[2].topic; empty for the file.
	Field  string
	Msg    string // what is wrong
	Advice string // what to do
}

// Error gives "file:line:col: field: message (advice)".
func (e Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Msg)
	if e.Advice != "" {
		b.WriteString(" (" + e.Advice + ")")
	}
	return b.String()
}

// Errors is all that is wrong in a file, in order of place. It is never empty
// where Parse returns it.
type Errors []Error

// Error gives one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Warning is something odd but valid, with the fields of an Error.
type Warning Error

// String gives "file:line:col: field: message (advice)".
func (w Warning) String() string { return Error(w).Error() }

// place is where something stands in the file. Bad: its value is not usable.
type place struct {
	line, column int
	bad          bool
}

// problems collects what is wrong and what is odd.
type problems struct {
	file            string
	errs            Errors
	warnings        []Warning
	errsLeft        int // not kept, over maxProblems
	warningsDropped int
}

func (p *problems) fail(at place, field, msg, advice string) {
	if len(p.errs) == maxProblems {
		p.errsLeft++
		return
	}
	p.errs = append(p.errs, Error{p.file, at.line, at.column, field, msg, advice})
}

func (p *problems) warn(at place, field, msg, advice string) {
	if len(p.warnings) == maxProblems {
		p.warningsDropped++
		return
	}
	p.warnings = append(p.warnings, Warning{p.file, at.line, at.column, field, msg, advice})
}

// result returns both in order of place; Errors is nil without errors.
func (p *problems) result() ([]Warning, Errors) {
	slices.SortStableFunc(p.errs, byPlace)
	slices.SortStableFunc(p.warnings, func(a, b Warning) int { return byPlace(Error(a), Error(b)) })
	if p.errsLeft > 0 {
		last := p.errs[len(p.errs)-1]
		p.errs = append(p.errs, Error{p.file, last.Line, last.Column, "", fmt.Sprintf("and %d more errors", p.errsLeft), "correct these first"})
	}
	if p.warningsDropped > 0 {
		last := p.warnings[len(p.warnings)-1]
		p.warnings = append(p.warnings, Warning{p.file, last.Line, last.Column, "", fmt.Sprintf("and %d more warnings", p.warningsDropped), ""})
	}
	return p.warnings, p.errs
}

func byPlace(a, b Error) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// quote shows a value of the file: safe for terminals, and cut when long.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
