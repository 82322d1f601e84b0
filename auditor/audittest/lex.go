package audittest

import (
	"strings"
)

// token is one word of a line.
type token struct {
	text string // as written, quotes included
	col  int    // from 1
}

// rawLine is a line of the file without its comment.
type rawLine struct {
	number int
	indent int
	tokens []token
}

// lexLine splits a line into words. Quotes group, ";" and "=>" are words of
// their own, "#" begins a comment unless a letter follows it within the line.
func lexLine(file string, number int, s string) (rawLine, *Error) {
	l := rawLine{number: number, indent: len(s) - len(strings.TrimLeft(s, " "))}
	if tab := strings.IndexByte(s, '\t'); tab >= 0 {
		return l, &Error{file, number, tab + 1, "tab character", "indent with spaces"}
	}
	for i := l.indent; i < len(s); {
		switch {
		case s[i] == ' ':
			i++
		case s[i] == ';':
			l.tokens = append(l.tokens, token{";", i + 1})
			i++
		case isComment(s, i, len(l.tokens)):
			return l, nil
		default:
			end, ok := wordEnd(s, i)
			if !ok {
				return l, &Error{file, number, i + 1, "quote without an end", `close the string with "`}
			}
			l.tokens = append(l.tokens, token{s[i:end], i + 1})
			i = end
		}
	}
	return l, nil
}

// isComment reports whether a comment begins at s[i].
func isComment(s string, i, before int) bool {
	if s[i] != '#' {
		return false
	}
	return before == 0 || i+1 == len(s) || !isLetter(s[i+1])
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// wordEnd returns the index after the word that begins at i; false when a quote
// in it has no end.
func wordEnd(s string, i int) (int, bool) {
	for ; i < len(s); i++ {
		switch s[i] {
		case ' ', ';':
			return i, true
		case '"':
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				return 0, false
			}
			i += end + 1
		}
	}
	return i, true
}

// unquote takes the quotes off a value. Quotes have no escapes: a value cannot
// hold a quote.
func unquote(s string) (string, bool) {
	if !strings.Contains(s, `"`) {
		return s, true
	}
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' || strings.Count(s, `"`) != 2 {
		return "", false
	}
	return s[1 : len(s)-1], true
}

// keyValue splits key=value at the first "=".
func (t token) keyValue() (key, value string, ok bool) {
	if strings.HasPrefix(t.text, `"`) {
		return t.text, "", false
	}
	return strings.Cut(t.text, "=")
}
