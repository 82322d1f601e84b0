package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// consumers checks the rules of baseline groups.
func (c *checker) consumers() {
	s := shadows{exact: map[[2]string]int{}}
	c.rules = s.exact
	for i, rule := range c.p.Consumers {
		path := fmt.Sprintf("consumers[%d]", i)
		at, ok := c.places[path]
		if !ok {
			continue
		}
		c.tags(path+".serves", rule.Serves)
		c.tags(path+".ignores", rule.Ignores)
		for j, tag := range rule.Ignores {
			entry := fmt.Sprintf("%s.ignores[%d]", path, j)
			if where, ok := c.given(entry); ok && slices.Contains(rule.Serves, tag) {
				c.fail(where, entry, quote(tag)+" is in serves and in ignores of one entry", "a group takes a tag or not: remove one")
			}
		}
		if at.bad {
			continue
		}
		if len(rule.Serves)+len(rule.Ignores) == 0 {
			c.warn(at, path, "neither serves nor ignores: it only keeps later entries from matching", "add serves or ignores, or remove it")
		}
		if by, ok := s.add(i, rule); ok {
			c.warn(at, path, fmt.Sprintf("can never match: consumers[%d] matches all of it before", by), "the first match wins: move the narrow entry up")
		}
	}
}

// tags checks a list of tags: no baseline values, no globs.
func (c *checker) tags(path string, tags []string) {
	for i, tag := range tags {
		entry := fmt.Sprintf("%s[%d]", path, i)
		c.notBaseline(entry, tag)
		if at, ok := c.given(entry); ok && strings.Contains(tag, "*") {
			c.fail(at, entry, "tags are no globs", "list the tags one by one")
		}
	}
}

// shadows remembers rules, to find those that an earlier one hides.
type shadows struct {
	exact map[[2]string]int
	wide  []wideRule
}

type wideRule struct {
	index        int
	topic, group string
}

// add takes the next rule; ok says that the rule with index by hides it.
func (s *shadows) add(i int, rule auditor.ConsumerRule) (by int, ok bool) {
	key := [2]string{rule.Topic, rule.Group}
	if by, ok := s.exact[key]; ok {
		return by, true
	}
	for _, w := range s.wide {
		if covers(w.topic, rule.Topic) && covers(w.group, rule.Group) {
			return w.index, true
		}
	}
	s.exact[key] = i
	if strings.Contains(rule.Topic+rule.Group, "*") && len(s.wide) < maxWide {
		s.wide = append(s.wide, wideRule{i, rule.Topic, rule.Group})
	}
	return 0, false
}

// isolation checks the schemes, each alone and against one another.
func (c *checker) isolation() {
	seen := map[[2]string]int{}
	for i, rule := range c.p.Isolation {
		path := fmt.Sprintf("isolation[%d]", i)
		at, ok := c.places[path]
		if !ok {
			continue
		}
		c.tags(path+".ignores", rule.Ignores)
		if at.bad {
			continue
		}
		c.scheme(path, at, rule)
		c.served(path, rule)
		key := [2]string{rule.Topic, rule.Group}
		before, twice := seen[key]
		switch {
		case twice && c.p.Isolation[before].Scheme != rule.Scheme:
			c.fail(at, path, fmt.Sprintf("another scheme than isolation[%d] for the same topic and group", before), "keep one of them")
		case twice:
			c.warn(at, path, fmt.Sprintf("the same topic and group as isolation[%d]", before), "keep one of them")
		default:
			seen[key] = i
		}
	}
}

// scheme checks the fields that only some schemes have.
func (c *checker) scheme(path string, at place, rule auditor.IsolationRule) {
	if _, ok := c.places[path+".gray_queues"]; rule.Scheme == auditor.SchemeQueue && !ok {
		c.fail(at, path+".gray_queues", "missing: the scheme queue needs it", "write gray_queues: 1")
	}
	for _, name := range []string{"gray_queues", "state", "epoch"} {
		if where, ok := c.given(path + "." + name); ok && rule.Scheme != auditor.SchemeQueue {
			c.warn(where, path+"."+name, fmt.Sprintf("means nothing in scheme %s", rule.Scheme), "it belongs to scheme queue: remove it")
		}
	}
	if where, ok := c.given(path + ".cut"); ok && len(rule.Ignores) == 0 {
		c.warn(where, path+".cut", "a cut without ignores dates nothing", "add ignores, or remove it")
	}
}

// served warns where the same group takes a tag by agreement and must not have
// it. With a cut both may be meant, one after the other.
func (c *checker) served(path string, rule auditor.IsolationRule) {
	if !rule.Cut.IsZero() || len(rule.Ignores) == 0 {
		return
	}
	i, ok := c.rules[[2]string{rule.Topic, rule.Group}]
	if !ok {
		return
	}
	for j, tag := range rule.Ignores {
		if slices.Contains(c.p.Consumers[i].Serves, tag) {
			entry := fmt.Sprintf("%s.ignores[%d]", path, j)
			c.warn(c.places[entry], entry, fmt.Sprintf("%s is served by the same group in consumers[%d]", quote(tag), i), "remove one, or add a cut")
		}
	}
}
