package audittest

import (
	"path"
	"strings"
	"time"
)

// policyLine is one line of a policy block with its number in the file and the
// top-level key that it belongs to.
type policyLine struct {
	number int
	key    string
	text   string
}

// policy reads the block policy ... end. A case's block replaces the file's key
// by key, at the top level.
func (p *parser) policy(l rawLine) *Error {
	if len(l.tokens) > 1 {
		return p.fail(l, 1, "put the YAML on the lines below it, then end", "text after policy")
	}
	s := p.settings()
	if s.policy != nil {
		return p.fail(l, 0, "keep one policy block for each case and one before the first", "second policy block")
	}
	s.policy = []policyLine{}
	indent, key := -1, ""
	for p.next < len(p.lines) {
		text := strings.TrimRight(p.lines[p.next], " \r")
		p.next++
		body := strings.TrimLeft(text, " ")
		if body == "end" {
			return nil
		}
		if body == "" || body[0] == '#' {
			continue
		}
		if indent < 0 {
			indent = len(text) - len(body)
		}
		if len(text)-len(body) < indent {
			return &Error{p.file, p.next, 1, "line stands left of the policy block", "indent it, or close the block with end"}
		}
		text = text[indent:]
		if text[0] != ' ' {
			key, _, _ = strings.Cut(text, ":")
		}
		s.policy = append(s.policy, policyLine{p.next, key, text})
	}
	return p.fail(l, 0, "close it with a line: end", "policy block without an end")
}

// settings returns those of the open case, or the file's.
func (p *parser) settings() *settings {
	if p.open != nil {
		return &p.own
	}
	return &p.common
}

// PolicyYAML returns the policy file of the case: the file's block, replaced key
// by key by the case's. Lines have the numbers that they have in the script, so
// that errors of the policy's parser point into it; the version stands at the end.
func (c *Case) PolicyYAML() string {
	replaced := map[string]bool{}
	for _, l := range c.own {
		replaced[l.key] = true
	}
	var b strings.Builder
	line, version := 1, false
	write := func(l policyLine) {
		b.WriteString(strings.Repeat("\n", l.number-line))
		b.WriteString(l.text)
		line = l.number
		version = version || l.key == "version"
	}
	for _, l := range c.common {
		if !replaced[l.key] {
			write(l)
		}
	}
	for _, l := range c.own {
		write(l)
	}
	if !version {
		b.WriteString("\nversion: 1")
	}
	b.WriteString("\n")
	return b.String()
}

// reporting reads the workloads whose resource says gray.reporting=true:
// globs of service or service/home; none for nobody.
func (p *parser) reporting(l rawLine) *Error {
	list, err := p.list(l)
	if err != nil {
		return err
	}
	s := p.settings()
	s.reporting = []string{}
	for i, w := range list {
		if _, bad := path.Match(w, ""); bad != nil {
			return p.fail(l, i+1, "use * and ? only", "%q is no glob", w)
		}
		if w != "none" {
			s.reporting = append(s.reporting, w)
		}
	}
	return nil
}

// list returns the comma-separated words after a directive.
func (p *parser) list(l rawLine) ([]string, *Error) {
	var out []string
	for _, t := range l.tokens[1:] {
		out = append(out, strings.TrimSuffix(t.text, ","))
	}
	if len(out) == 0 {
		return nil, p.fail(l, 0, "write: reporting: svc-a, svc-b/gray", "%s without names", l.tokens[0].text)
	}
	return out, nil
}

// skew reads: skew: service/home 1h, how far that host's clock is ahead.
func (p *parser) skew(l rawLine) *Error {
	const form = "write: skew: svc-b/base -1h"
	if len(l.tokens) != 3 || strings.Count(l.tokens[1].text, "/") != 1 {
		return p.fail(l, 0, form, "skew needs a workload and a duration")
	}
	d, ok := duration(l.tokens[2].text)
	if !ok {
		return p.fail(l, 2, form, "%q is no duration", l.tokens[2].text)
	}
	s := p.settings()
	if s.skew == nil {
		s.skew = map[string]int64{}
	}
	s.skew[l.tokens[1].text] = d
	return nil
}

// reports tells whether a workload's resource says gray.reporting.
func (p *parser) reports(service, home string) bool {
	globs := p.common.reporting
	if p.own.reporting != nil {
		globs = p.own.reporting
	}
	for _, g := range globs {
		name := service
		if strings.Contains(g, "/") {
			name = service + "/" + home
		}
		if ok, err := path.Match(g, name); ok && err == nil {
			return true
		}
	}
	return false
}

// clockSkew returns how far a workload's clock is ahead, in nanoseconds.
func (p *parser) clockSkew(workload string) int64 {
	if d, ok := p.own.skew[workload]; ok {
		return d
	}
	return p.common.skew[workload]
}

// duration reads a Go duration with an optional sign, within ten years.
func duration(s string) (int64, bool) {
	d, err := time.ParseDuration(s)
	const limit = 10 * 365 * 24 * time.Hour
	return int64(d), err == nil && d < limit && d > -limit
}
