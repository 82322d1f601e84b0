package policyfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// maxWide bounds the globs that are compared with every other entry: warnings of
// overlap are an aid, and must not cost square time in a long file.
const maxWide = 100

// templates checks how twins are named.
func (c *checker) templates() {
	c.template("twin_group", c.p.TwinGroup, "{group}", true)
	c.template("twin_topic", c.p.TwinTopic, "{topic}", true)
	c.template("twin_service", c.p.TwinService, "{service}", false)
}

// template checks one template: its own field must be in it, and no other but
// {env}; without {env} it is odd where needsEnv.
func (c *checker) template(path, s, own string, needsEnv bool) {
	at, ok := c.given(path)
	if !ok {
		return
	}
	for _, f := range regexp.MustCompile(`\{[^{}]*\}?|\}`).FindAllString(s, -1) {
		if f != own && f != "{env}" {
			c.fail(at, path, "unknown template field "+quote(f), "legal: "+own+", {env}")
			return
		}
	}
	switch hasEnv := strings.Contains(s, "{env}"); {
	case !strings.Contains(s, own):
		c.fail(at, path, "the template lacks "+own, fmt.Sprintf("write it like %q", own+"_{env}"))
	case strings.Count(s, own) > 1 || strings.Count(s, "{env}") > 1:
		c.fail(at, path, "the template has a field twice", fmt.Sprintf("write it like %q", own+"_{env}"))
	case needsEnv && !hasEnv && s == "{group}":
		c.warn(at, path, "gray and baseline consumers share one group (group collision): the broker splits messages between them at random",
			`better name the twin, like "{group}_{env}"`)
	case needsEnv && !hasEnv:
		if s != own { // "{topic}" alone says that there are no shadow topics
			c.warn(at, path, "the template lacks {env}: the twins of all homes have one name", fmt.Sprintf("with more than one env write it like %q", own+"_{env}"))
		}
	case strings.Contains(s, own+"{env}") || strings.Contains(s, "{env}"+own):
		c.warn(at, path, "nothing separates "+own+" from {env}: a name may be read in two ways", fmt.Sprintf("write it like %q", own+"_{env}"))
	}
}

// roles warns where a service is declared to be two things.
func (c *checker) roles() {
	_, origins := c.given("origins")
	_, neutral := c.given("neutral")
	if origins && neutral {
		for i, j := range overlaps(c.p.Origins, c.p.Neutral) {
			if j < 0 {
				continue
			}
			path := fmt.Sprintf("origins[%d]", i)
			c.warn(c.places[path], path, fmt.Sprintf("%s is also neutral (neutral[%d])", quote(c.p.Origins[i]), j),
				"an origin gives tags, a neutral service has none: remove one")
		}
	}
	if _, ok := c.given("detached_ok"); !ok {
		return
	}
	for i, rule := range c.p.DetachedOK {
		if all(rule.Service) && all(rule.Operation) {
			path := fmt.Sprintf("detached_ok[%d]", i)
			c.warn(c.places[path], path, "it matches every root: no detached work would be found", "name a service or an operation")
		}
	}
}

func all(glob string) bool { return strings.Trim(glob, "*") == "" }

// overlaps gives for each entry of a the index of one of b where one covers the
// other, or -1.
func overlaps(a, b []string) []int {
	out := slices.Repeat([]int{-1}, len(a))
	exact := map[string]int{}
	for j, s := range b {
		exact[s] = j
	}
	wideA, wideB := wide(a), wide(b)
	for i, s := range a {
		if j, ok := exact[s]; ok {
			out[i] = j
		} else if k := slices.IndexFunc(wideB, func(j int) bool { return covers(b[j], s) }); k >= 0 {
			out[i] = wideB[k]
		}
	}
	for _, i := range wideA {
		if out[i] < 0 {
			out[i] = slices.IndexFunc(b, func(s string) bool { return covers(a[i], s) })
		}
	}
	return out
}

// wide gives the indexes of the globs of a list, at most maxWide.
func wide(list []string) []int {
	var out []int
	for i, s := range list {
		if strings.Contains(s, "*") && len(out) < maxWide {
			out = append(out, i)
		}
	}
	return out
}

// alive checks the declared twins.
func (c *checker) alive() {
	for i, a := range c.p.Alive {
		path := fmt.Sprintf("alive[%d]", i)
		at, ok := c.places[path]
		if !ok {
			continue
		}
		c.aliveName(path, at, a)
		c.notBaseline(path+".home", a.Home)
	}
}

func (c *checker) aliveName(path string, at place, a auditor.AliveTwin) {
	_, service := c.places[path+".service"]
	_, topic := c.places[path+".topic"]
	groupAt, group := c.places[path+".group"]
	switch {
	case group && !topic:
		c.fail(groupAt, path+".group", "a group without its topic", "add the topic")
	case at.bad:
	case !service && !topic:
		c.fail(at, path, "names neither service nor topic", "write {service: svc-a, home: gray} or {topic: ORDER, group: order, home: gray}")
	case service && topic:
		c.warn(at, path, "names a service and a topic", "write two entries")
	case topic && !group:
		c.warn(at, path, "names a topic without group: it holds only where no group is recorded", "add the baseline group's name")
	}
	for _, f := range []struct{ name, value string }{{"service", a.Service}, {"topic", a.Topic}, {"group", a.Group}, {"home", a.Home}} {
		if strings.Contains(f.value, "*") {
			c.warn(c.places[path+"."+f.name], path+"."+f.name, "globs do not work here: * means itself", "name each twin")
		}
	}
}

// notBaseline refuses a baseline value where a tag or a gray home is meant.
func (c *checker) notBaseline(path, value string) {
	if at, ok := c.given(path); ok && c.baseline[value] {
		c.fail(at, path, quote(value)+" is a baseline value", "name a tag here, or take the value out of baseline")
	}
}
