package audittest

import (
	"fmt"
	"strings"
)

// Parse reads a script. Name stands in errors, which are *Error. The data is not
// kept.
func Parse(name string, data []byte) (*Script, error) {
	if len(data) > MaxBytes {
		return nil, &Error{
			name, 1, 1, fmt.Sprintf("%d bytes", len(data)),
			fmt.Sprintf("split the file: at most %d bytes are read", MaxBytes),
		}
	}
	p := &parser{file: name, script: &Script{Name: name}, lines: strings.Split(string(data), "\n")}
	for p.next < len(p.lines) {
		if err := p.line(); err != nil {
			return nil, err
		}
	}
	if err := p.endCase(); err != nil {
		return nil, err
	}
	if len(p.script.Cases) == 0 {
		return nil, &Error{name, 1, 1, "no case", `begin one with: case "what it shows"`}
	}
	return p.script, nil
}

// parser holds the state between lines.
type parser struct {
	file   string
	lines  []string
	next   int // index of the line to read
	script *Script
	// common is what stands before the first case and holds for all.
	common   settings
	own      settings // the open case's
	open     *Case
	building []*building // spans of the open case, unseen ones too
	tree     tree
	spans    int // of the whole file
	inReport bool
	cases    map[string]bool
	traces   map[string]bool
}

// settings are the directives that a file or a case may hold.
type settings struct {
	policy    []policyLine
	reporting []string // nil: not given
	skew      map[string]int64
}

func (p *parser) fail(l rawLine, at int, advice, format string, args ...any) *Error {
	col := l.indent + 1
	if at < len(l.tokens) {
		col = l.tokens[at].col
	}
	return &Error{p.file, l.number, col, fmt.Sprintf(format, args...), advice}
}

// line reads the next line, or the block that it opens.
func (p *parser) line() error {
	p.next++
	l, lexErr := lexLine(p.file, p.next, strings.TrimRight(p.lines[p.next-1], " \r"))
	if lexErr != nil {
		return lexErr
	}
	if len(l.tokens) == 0 {
		return nil
	}
	if err := p.dispatch(l); err != nil {
		return err
	}
	return nil
}

// dispatch hands a line to what it is. A returned nil *Error is no error.
func (p *parser) dispatch(l rawLine) error {
	var err *Error
	switch word := l.tokens[0].text; word {
	case "case":
		if e := p.endCase(); e != nil {
			return e
		}
		err = p.beginCase(l)
	case "policy":
		err = p.policy(l)
	case "reporting:":
		err = p.reporting(l)
	case "skew:":
		err = p.skew(l)
	case "trace":
		err = p.trace(l)
	case "report":
		err = p.report(l)
	default:
		err = p.content(l)
	}
	if err != nil {
		return err
	}
	return nil
}

// content reads a span line or a line of a report.
func (p *parser) content(l rawLine) *Error {
	switch {
	case p.open == nil:
		return p.fail(l, 0, `write policy, reporting:, skew: or case "name" here`, "%q outside of a case", l.tokens[0].text)
	case p.inReport:
		return p.reportLine(l)
	case p.tree.name == "":
		return p.fail(l, 0, "begin a trace first: trace NAME", "%q outside of a trace", l.tokens[0].text)
	}
	return p.spanLine(l)
}

// beginCase reads: case "name" (R1, T4).
func (p *parser) beginCase(l rawLine) *Error {
	const form = `write: case "what it shows" (R1, T4)`
	if len(l.tokens) < 2 {
		return p.fail(l, 0, form, "case without a name")
	}
	name, ok := unquote(l.tokens[1].text)
	if !ok || name == "" || !strings.HasPrefix(l.tokens[1].text, `"`) {
		return p.fail(l, 1, form, "%s is no quoted name", l.tokens[1].text)
	}
	if p.cases == nil {
		p.cases = map[string]bool{}
	}
	if p.cases[name] {
		return p.fail(l, 1, "give each case of a file its own name", "second case %q", name)
	}
	p.cases[name] = true
	p.open = &Case{File: p.file, Line: l.number, Name: name}
	p.own, p.building, p.tree, p.inReport = settings{}, nil, tree{}, false
	p.traces = map[string]bool{}
	return p.covers(l)
}

// covers reads the codes in brackets.
func (p *parser) covers(l rawLine) *Error {
	for i, t := range l.tokens[2:] {
		code := strings.Trim(t.text, "(),")
		if len(code) < 2 || !strings.Contains("RMT", code[:1]) || strings.Trim(code[1:], "0123456789") != "" {
			return p.fail(l, i+2, "name codes or traps of the taxonomy: (R1, M6, T4)", "%q is no code", t.text)
		}
		p.open.Covers = append(p.open.Covers, code)
	}
	return nil
}

// endCase completes the open case.
func (p *parser) endCase() error {
	if p.open == nil {
		return nil
	}
	c := p.open
	p.open = nil
	if len(p.building) == 0 {
		return &Error{p.file, c.Line, 1, fmt.Sprintf("case %q has no spans", c.Name), "add a trace with a span"}
	}
	if err := p.resolve(c); err != nil {
		return err
	}
	c.common, c.own = p.common.policy, p.own.policy
	p.script.Cases = append(p.script.Cases, *c)
	return nil
}
