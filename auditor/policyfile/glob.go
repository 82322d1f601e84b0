package policyfile

import "strings"

// covers reports whether the glob matches all that other, a text or a glob,
// matches. Only * is special. A * of other can be matched only by a * of glob,
// because a literal is never *; so plain matching of the pattern's text is exact
// enough: never true where something would be left out.
func covers(glob, other string) bool {
	parts := strings.Split(glob, "*")
	if len(parts) == 1 {
		return glob == other
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(other) < len(first)+len(last) || !strings.HasPrefix(other, first) || !strings.HasSuffix(other, last) {
		return false
	}
	rest := other[len(first) : len(other)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return true
}
