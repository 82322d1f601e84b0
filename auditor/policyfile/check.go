package policyfile

import (
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

// check holds a policy's fields against each other. It looks only at fields that
// could be read, so that one fault is told once.
func check(r *reader, p *auditor.Policy) {
	c := &checker{reader: r, p: p, baseline: map[string]bool{}}
	for i, v := range p.Baseline {
		// Of a list with a fault, only the entries that could be read count.
		if _, ok := r.given(fmt.Sprintf("baseline[%d]", i)); ok || r.usable("baseline") {
			c.baseline[v] = true
		}
	}
	c.templates()
	c.windows()
	c.ignore()
	c.lists()
	c.roles()
	c.alive()
	c.consumers()
	c.isolation()
}

type checker struct {
	*reader
	p        *auditor.Policy
	baseline map[string]bool
	rules    map[[2]string]int // index of the consumer rule of a topic and group
}

// given tells where a field stands that is in the file and could be read.
func (r *reader) given(path string) (place, bool) {
	at, ok := r.places[path]
	return at, ok && !at.bad
}

// usable reports whether a field's value is what the user means: read without
// fault, or the default.
func (r *reader) usable(path string) bool { return !r.places[path].bad }

func (c *checker) windows() {
	w := c.p.Windows
	if !c.usable("windows") {
		return
	}
	if at, path := c.first("windows.stranded", "windows.pair"); path != "" && w.Stranded < w.Pair {
		c.warn(at, path, fmt.Sprintf("stranded (%s) is shorter than pair (%s)", w.Stranded, w.Pair),
			"a message may take longer than an RPC: make stranded the longer one")
	}
	if at, path := c.first("windows.liveness", "windows.pair"); path != "" && w.Liveness < w.Pair {
		c.warn(at, path, fmt.Sprintf("liveness (%s) is shorter than pair (%s)", w.Liveness, w.Pair),
			"twins would be forgotten before their hops are judged: make liveness the longer one")
	}
}

// first gives the first of the fields that is in the file; none: an empty path.
func (c *checker) first(paths ...string) (at place, path string) {
	for _, path := range paths {
		if at, ok := c.given(path); ok {
			return at, path
		}
	}
	return place{}, ""
}

// ignore checks the form of the given entries; p.Ignore may hold defaults too,
// so the file's own entries are found by place.
func (c *checker) ignore() {
	at, ok := c.given("ignore")
	if !ok {
		return
	}
	if len(c.ignored) == 0 {
		c.warn(at, "ignore", "an empty list changes nothing: entries are added to the defaults", `remove it, or write ["!defaults"] to ignore nothing`)
	}
	for i, entry := range c.ignored {
		c.ignoreEntry(fmt.Sprintf("ignore[%d]", i), entry)
	}
}

func (c *checker) ignoreEntry(path, entry string) {
	at := c.places[path]
	method, route, spaced := strings.Cut(entry, " ")
	switch {
	case entry == spec.DropDefaults:
	case strings.HasPrefix(entry, "!"):
		c.fail(at, path, "unknown entry "+quote(entry), `only "!defaults" may begin with !`)
	case strings.Trim(entry, "*/") == "":
		c.warn(at, path, "it matches every entry operation: no placement would be judged", "name a route")
	case !strings.Contains(entry, "/"):
		c.warn(at, path, quote(entry)+" matches no route and no method", `write "/route", "METHOD /route" or "package.Service/Method"`)
	case spaced && (method != strings.ToUpper(method) || strings.ContainsAny(route, " ")):
		c.warn(at, path, quote(entry)+" matches no operation", `write the method in capitals and one space: "GET /route"`)
	}
}

// lists warns of lists that take a default away, and of entries given twice.
func (c *checker) lists() {
	c.empty("baseline", c.p.Baseline, "no value means baseline")
	c.empty("id_unique", c.p.IDUnique, "no messages are joined by id")
	c.twice("keys.env", c.p.Keys.Env)
	c.twice("keys.home", c.p.Keys.Home)
	c.twice("baseline", c.p.Baseline)
	c.twice("origins", c.p.Origins)
	c.twice("neutral", c.p.Neutral)
	c.twice("ignore", c.ignored)
	c.twice("id_unique", c.p.IDUnique)
	c.twice("reporting", c.p.Reporting)
	c.twice("captured_properties", c.p.CapturedProperties)
}

func (c *checker) empty(path string, list []string, effect string) {
	if at, ok := c.given(path); ok && len(list) == 0 {
		c.warn(at, path, "the empty list replaces the default: "+effect, "remove it for the default")
	}
}

// twice warns of entries that a given list has more than once.
func (c *checker) twice(path string, list []string) {
	if _, ok := c.given(path); !ok {
		return
	}
	seen := map[string]bool{}
	for i, s := range list {
		if seen[s] {
			entry := fmt.Sprintf("%s[%d]", path, i)
			c.warn(c.places[entry], entry, quote(s)+" stands twice in the list", "remove one")
		}
		seen[s] = true
	}
}
