package render

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Clean makes a string from outside safe for a terminal and for one line:
// control characters, format characters (which can turn the direction of text),
// non-characters and invalid UTF-8 become "?".
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar, r == 0xfffe, r == 0xffff, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// CleanLines is Clean for a text of several lines.
func CleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Clean(l)
	}
	return strings.Join(lines, "\n")
}

// fit cuts a string to a number of terminal cells.
func fit(s string, cells int) string {
	if uniseg.StringWidth(s) <= cells {
		return s
	}
	head, _ := splitAt(s, max(0, cells-2))
	return head + ".."
}

// pad fits a string and fills it with spaces.
func pad(s string, cells int) string {
	s = fit(s, cells)
	return s + strings.Repeat(" ", max(0, cells-uniseg.StringWidth(s)))
}

// splitAt cuts after at most that many cells, never inside a character.
func splitAt(s string, cells int) (head, rest string) {
	state, used, rest := -1, 0, s
	for rest != "" {
		cluster, next, width, st := uniseg.FirstGraphemeClusterInString(rest, state)
		if used+width > cells {
			break
		}
		used, rest, state = used+width, next, st
		head += cluster
	}
	return head, rest
}

// wrap breaks a text into lines of at most that many cells.
func wrap(s string, cells int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		for uniseg.StringWidth(word) > cells {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head, rest := splitAt(word, cells)
			if head == "" {
				break
			}
			lines, word = append(lines, head), rest
		}
		switch {
		case line == "":
			line = word
		case uniseg.StringWidth(line)+1+uniseg.StringWidth(word) > cells:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
