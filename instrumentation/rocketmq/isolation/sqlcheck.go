package isolation

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SyntaxError tells why a user's SQL92 expression cannot be composed, and where.
type SyntaxError struct {
	Expression string
	Offset     int // in bytes, from 0
	Reason     string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("SQL92 selector %q, character %d: %s", e.Expression, utf8.RuneCountInString(e.Expression[:e.Offset])+1, e.Reason)
}

// CheckSQL92 refuses expressions that would not keep their meaning in brackets, or
// that no broker reads: quotes or brackets without their partner, comments (one
// could hide the bracket after it), characters outside the language, nothing at
// all. The grammar itself is the broker's business; the probe asks it.
// The error is a *SyntaxError.
func CheckSQL92(expression string) error {
	var open []int // offsets of brackets that wait for their partner
	empty := true
	for at := 0; at < len(expression); {
		rest, n := expression[at:], 1
		fail := func(reason string) error { return &SyntaxError{expression, at, reason} }
		switch c := rest[0]; {
		case strings.IndexByte(" \t\r\n\f", c) >= 0:
		case c == '(':
			open = append(open, at)
		case c == ')':
			if len(open) == 0 {
				return fail("this bracket was never opened")
			}
			open = open[:len(open)-1]
		case c == '\'':
			empty = false
			if n = stringLength(rest); n == 0 {
				return fail("the string that begins here has no end; write a quote inside a string twice")
			}
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
			return fail("comments are not possible in a selector: remove it")
		case inLanguage(c):
			empty = false
		default:
			r, _ := utf8.DecodeRuneInString(rest)
			return fail(fmt.Sprintf("%q has no meaning in SQL92 outside a string", r))
		}
		at += n
	}
	switch {
	case len(open) > 0:
		return &SyntaxError{expression, open[len(open)-1], "this bracket is never closed"}
	case empty:
		return &SyntaxError{expression, 0, "the expression is empty; use a TAG selector * to take all messages"}
	}
	return nil
}

// stringLength returns the bytes of the string that s begins with, quotes included,
// or 0 where it has no end. Two quotes inside stand for one.
func stringLength(s string) int {
	for at := 1; at < len(s); at++ {
		if s[at] != '\'' {
			continue
		}
		if at+1 < len(s) && s[at+1] == '\'' {
			at++
			continue
		}
		return at + 1
	}
	return 0
}

// inLanguage reports whether a byte can stand outside strings: identifiers,
// numbers, operators, lists.
func inLanguage(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_$.,=<>!+-*/", c) >= 0
}

// reserved are the words of the language (SelectorParser of 4.9.7 and 5.3.3).
func reserved(word string) bool {
	return slices.Contains([]string{
		"AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE",
		"LIKE", "ESCAPE", "CONTAINS", "STARTSWITH", "ENDSWITH",
	}, strings.ToUpper(word))
}

// checkProperty refuses names that a filter cannot read, and RocketMQ's own.
func checkProperty(name string) error {
	bad := strings.IndexFunc(name, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$')
	})
	switch {
	case bad >= 0 || name[0] >= '0' && name[0] <= '9' || reserved(name):
		return fmt.Errorf("message property %q is no identifier of SQL92: use letters, digits and _, like %s", name, DefaultProperty)
	case name == strings.ToUpper(name):
		return fmt.Errorf("message property %q: names in capitals are RocketMQ's own; use one like %s", name, DefaultProperty)
	}
	return nil
}
