package otlp

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Bounds of what a discovery keeps.
const (
	maxCandidates = 64   // names
	maxValues     = 32   // values of a name; more are ids, no environments
	maxNameLength = 128  // bytes of a name or value
	maxList       = 8192 // bytes of a baggage header, W3C's own bound
)

// candidates counts the values of attributes by name.
type candidates struct{ byName map[string]*candidate }

type candidate struct {
	count map[string]int
	many  bool // more than maxValues
}

func newCandidates() *candidates { return &candidates{byName: map[string]*candidate{}} }

func (c *candidates) has(name string) bool { return c.byName[name] != nil }

// add counts one occurrence; empty and long ones are left out.
func (c *candidates) add(name, value string) {
	if name == "" || value == "" || len(name) > maxNameLength || len(value) > maxNameLength {
		return
	}
	e := c.byName[name]
	if e == nil {
		if len(c.byName) == maxCandidates {
			return
		}
		e = &candidate{count: map[string]int{}}
		c.byName[strings.Clone(name)] = e
	}
	if _, ok := e.count[value]; !ok {
		if e.many = e.many || len(e.count) == maxValues; e.many {
			return
		}
		value = strings.Clone(value)
	}
	e.count[value]++
}

// named returns those of names that occur and look like environments, in the
// order of names; written as they occurred.
func (c *candidates) named(names []string) []string {
	var out []string
	for _, want := range names {
		for _, name := range slices.Sorted(maps.Keys(c.byName)) {
			same := len(name) == len(want) && sameName(name, want)
			if same && !c.byName[name].many && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// sharing returns the names (of names, or all if that is nil) with few values of
// which one is in with, the most frequent first.
func (c *candidates) sharing(with map[string]int, names []string) []string {
	all := names == nil
	if all {
		names = slices.Sorted(maps.Keys(c.byName))
	}
	out := slices.DeleteFunc(c.named(names), func(name string) bool {
		for v := range c.byName[name].count {
			if with[v] > 0 {
				return false
			}
		}
		return true
	})
	if all {
		slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(c.byName[b].total(), c.byName[a].total()) })
	}
	return out
}

// values returns the values of names that look like environments, with counts.
func (c *candidates) values(names []string) map[string]int {
	out := map[string]int{}
	for _, name := range c.named(names) {
		for v, n := range c.byName[name].count {
			out[v] += n
		}
	}
	return out
}

func (e *candidate) total() int {
	n := 0
	for _, k := range e.count {
		n += k
	}
	return n
}

func union(a, b map[string]int) map[string]int {
	out := maps.Clone(a)
	for v, n := range b {
		out[v] += n
	}
	return out
}

// byCount returns the values, the most frequent first, at most maxValues.
func byCount(values map[string]int) []string {
	out := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(values[b], values[a]), strings.Compare(a, b))
	})
	return out[:min(len(out), maxValues)]
}

// short returns an attribute's value as text if it can be a name of an
// environment or a list of such: text, or an array of one. Else "".
func short(v pcommon.Value) string {
	s := v.Str()
	if v.Type() == pcommon.ValueTypeSlice {
		s = sameString(items{pdata: v.Slice()})
	}
	if len(s) > maxList {
		return ""
	}
	return s
}
