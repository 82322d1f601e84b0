package isolation

import (
	"fmt"
	"strconv"
	"strings"
)

// The oracle reads SQL92 filters as RocketMQ does, as far as the tests need: OR, AND, NOT,
// comparisons, IN, BETWEEN, IS NULL, strings, whole numbers, TRUE and FALSE,
// comments. Three-valued: nil is unknown.

type expr func(properties map[string]string) any

type oracle struct {
	tokens []string
	at     int
}

func parseSQL(text string) (e expr, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, err = nil, fmt.Errorf("%v", r)
		}
	}()
	o := &oracle{tokens: tokens(text)}
	e = o.or()
	if o.at != len(o.tokens) {
		panic("more after the end: " + o.peek())
	}
	return e, nil
}

func matches(e expr, properties map[string]string) bool { return e(properties) == any(true) }

func tokens(s string) []string {
	var out []string
	for s != "" {
		n := 1
		switch c := s[0]; {
		case strings.IndexByte(" \t\r\n\f", c) >= 0:
			s = s[1:]
			continue
		case strings.HasPrefix(s, "--"):
			_, s, _ = strings.Cut(s, "\n")
			continue
		case strings.HasPrefix(s, "/*"):
			_, rest, ok := strings.Cut(s[2:], "*/")
			if !ok {
				panic("open comment")
			}
			s = rest
			continue
		case c == '\'':
			for n < len(s) && (s[n] != '\'' || n+1 < len(s) && s[n+1] == '\'') {
				if s[n] == '\'' {
					n++
				}
				n++
			}
			if n >= len(s) {
				panic("open string")
			}
			n++
		case word(c):
			for n < len(s) && word(s[n]) {
				n++
			}
		case strings.HasPrefix(s, "<>"), strings.HasPrefix(s, "<="), strings.HasPrefix(s, ">="):
			n = 2
		case strings.IndexByte("(),=<>", c) < 0:
			panic("unknown character " + s[:1])
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

func word(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}

func (o *oracle) peek() string {
	if o.at == len(o.tokens) {
		return ""
	}
	return o.tokens[o.at]
}

// take moves on if the next words are these, whatever their case.
func (o *oracle) take(words ...string) bool {
	if o.at+len(words) > len(o.tokens) {
		return false
	}
	for i, w := range words {
		if !strings.EqualFold(o.tokens[o.at+i], w) {
			return false
		}
	}
	o.at += len(words)
	return true
}

func (o *oracle) need(w string) {
	if !o.take(w) {
		panic("need " + w + ", have " + o.peek())
	}
}

func (o *oracle) or() expr {
	left := o.and()
	for o.take("OR") {
		a, b := left, o.and()
		left = func(p map[string]string) any { return not(both(not(a(p)), not(b(p)))) }
	}
	return left
}

func (o *oracle) and() expr {
	left := o.comparison()
	for o.take("AND") {
		a, b := left, o.comparison()
		left = func(p map[string]string) any { return both(a(p), b(p)) }
	}
	return left
}

func both(a, b any) any {
	switch {
	case a == any(false) || b == any(false):
		return false
	case a == any(true) && b == any(true):
		return true
	}
	return nil
}

func not(a any) any {
	if v, ok := a.(bool); ok {
		return !v
	}
	return nil
}

func (o *oracle) comparison() expr {
	if o.take("NOT") {
		a := o.comparison()
		return func(p map[string]string) any { return not(a(p)) }
	}
	left := o.primary()
	negate := false
	switch {
	case o.take("IS", "NOT", "NULL"):
		return func(p map[string]string) any { return left(p) != nil }
	case o.take("IS", "NULL"):
		return func(p map[string]string) any { return left(p) == nil }
	case o.take("NOT", "IN"):
		negate = true
		fallthrough
	case o.take("IN"):
		return o.in(left, negate)
	case o.take("BETWEEN"):
		low := o.primary()
		o.need("AND")
		high := o.primary()
		return func(p map[string]string) any {
			return both(compare(">=", left(p), low(p)), compare("<=", left(p), high(p)))
		}
	}
	for _, op := range []string{"=", "<>", "<=", ">=", "<", ">"} {
		if o.take(op) {
			right := o.primary()
			return func(p map[string]string) any { return compare(op, left(p), right(p)) }
		}
	}
	return left
}

func (o *oracle) in(left expr, negate bool) expr {
	o.need("(")
	values := map[any]bool{}
	for {
		values[o.primary()(nil)] = true
		if !o.take(",") {
			break
		}
	}
	o.need(")")
	return func(p map[string]string) any {
		v := left(p)
		if v == nil {
			return nil
		}
		return values[v] != negate
	}
}

func (o *oracle) primary() expr {
	t := o.peek()
	o.at++
	constant := func(v any) expr { return func(map[string]string) any { return v } }
	switch {
	case t == "(":
		e := o.or()
		o.need(")")
		return e
	case t == "":
		panic("nothing more")
	case t[0] == '\'':
		return constant(strings.ReplaceAll(t[1:len(t)-1], "''", "'"))
	case t[0] >= '0' && t[0] <= '9':
		n, err := strconv.Atoi(t)
		if err != nil {
			panic(err)
		}
		return constant(n)
	case strings.EqualFold(t, "TRUE"), strings.EqualFold(t, "FALSE"):
		return constant(strings.EqualFold(t, "TRUE"))
	case reserved(t) || !word(t[0]):
		panic("unexpected " + t)
	}
	return func(p map[string]string) any {
		if v, ok := p[t]; ok {
			return v
		}
		return nil
	}
}

func compare(op string, a, b any) any {
	if x, ok := a.(int); ok {
		if y, ok := number(b); ok {
			return order(op, x-y)
		}
		return nil
	}
	if y, ok := b.(int); ok {
		if x, ok := number(a); ok {
			return order(op, x-y)
		}
		return nil
	}
	x, ok1 := a.(string)
	y, ok2 := b.(string)
	if !ok1 || !ok2 || op != "=" && op != "<>" {
		return nil
	}
	return (x == y) == (op == "=")
}

func number(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}

func order(op string, d int) bool {
	switch op {
	case "=":
		return d == 0
	case "<>":
		return d != 0
	case "<":
		return d < 0
	case ">":
		return d > 0
	case "<=":
		return d <= 0
	}
	return d >= 0
}
