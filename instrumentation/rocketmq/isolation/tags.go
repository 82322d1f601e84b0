package isolation

import (
	"slices"
	"strings"
)

// Tags is a set of tags: those named, or all but those named. The zero Tags is
// empty.
type Tags struct {
	all   bool
	names []string // sorted, each once
}

// Has reports whether a tag is in the set. Baseline ("") never is.
func (t Tags) Has(tag string) bool {
	if tag == "" {
		return false
	}
	_, named := slices.BinarySearch(t.names, tag)
	return named != t.all
}

// Empty reports whether no tag at all is in the set.
func (t Tags) Empty() bool { return !t.all && len(t.names) == 0 }

// String tells the set for logs: "none", "gray, gray2", "all but base".
func (t Tags) String() string {
	names := strings.Join(t.names, ", ")
	switch {
	case t.Empty():
		return "none"
	case t.all && names == "":
		return "all"
	case t.all:
		return "all but " + names
	}
	return names
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// without returns a new list of the names that are not in drop.
func without(names, drop []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(drop, n) {
			out = append(out, n)
		}
	}
	return out
}

// covers matches text against a glob of the policy: * stands for any run of
// characters, "" for any text, nothing else is special.
func covers(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[last])
}

func anyGlob(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, text) })
}
