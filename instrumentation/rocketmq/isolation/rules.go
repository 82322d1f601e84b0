package isolation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rules are the parts of a policy that isolation needs. Make them by policysource
// or by hand and never change them afterwards. A nil *Rules and the zero Rules are
// a policy that says nothing.
type Rules struct {
	// Version names the policy that they came from, as its source does (an ETag, a
	// content hash). For logs and metrics only.
	Version string
	// ValidFrom is when the policy begins to hold; zero: always. Until then Before
	// holds; without it nothing is refused.
	ValidFrom time.Time
	// Before are the rules that were in force when these were published, for
	// ValidFrom may lie ahead. They are asked for nothing after ValidFrom but since
	// when a tag has been refused.
	Before *Rules
	// Baseline are the values that mean baseline; nil: base, baseline and "".
	Baseline []string
	// Neutral are topics that are baseline for everyone; globs. Their baseline
	// groups refuse nothing.
	Neutral []string
	// FallbackForbidden: baseline groups refuse every tag that they do not serve.
	FallbackForbidden bool
	TwinGroupTemplate string // "": DefaultTwinGroup
	TwinTopicTemplate string // "": DefaultTwinTopic
	Consumers         []ConsumerRule
	Isolation         []IsolationRule
}

// ConsumerRule says which tags baseline groups take by agreement, or never. The
// first one that matches holds. Topic and Group are globs, "" is any.
type ConsumerRule struct {
	Topic, Group    string
	Serves, Ignores []string
}

// IsolationRule says how a topic and group are kept apart, and which tags the
// baseline group refuses from Cut on (zero: always).
type IsolationRule struct { //nolint:revive // beside ConsumerRule; the policy calls the section isolation
	Topic, Group string
	Scheme       Name // "": sql92
	Ignores      []string
	Cut          time.Time
}

// maxTags bounds the tags that one group refuses or serves: the broker evaluates
// the list for each message.
const maxTags = 256

// Validate refuses rules that cannot hold.
func (r *Rules) Validate() error {
	if r == nil {
		return nil
	}
	errs := []error{
		checkTemplate("twin_group", r.twinGroupTemplate(), "{group}"),
		checkTemplate("twin_topic", r.twinTopicTemplate(), "{topic}"),
	}
	for i, c := range r.Consumers {
		at := fmt.Sprintf("consumers[%d]", i)
		errs = append(errs, r.checkTags(at+".serves", c.Serves), r.checkTags(at+".ignores", c.Ignores))
	}
	for i, c := range r.Isolation {
		errs = append(errs, r.checkTags(fmt.Sprintf("isolation[%d].ignores", i), c.Ignores))
	}
	errs = append(errs, r.checkTwins())
	return errors.Join(errs...)
}

func (r *Rules) checkTags(at string, tags []string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("%s: %d tags, more than %d", at, len(tags), maxTags)
	}
	for _, tag := range tags {
		if r.IsBaseline(tag) {
			return fmt.Errorf("%s: %q means baseline and is no tag", at, tag)
		}
	}
	return nil
}

// checkTwins refuses a baseline group that is named like another one's twin: its
// consumers would join that twin's group.
func (r *Rules) checkTwins() error {
	groups := map[string]bool{}
	for _, c := range r.Isolation {
		groups[c.Group] = true
	}
	for i, c := range r.Isolation {
		for _, tag := range c.Ignores {
			if twin, err := r.TwinGroup(c.Group, tag); err == nil && groups[twin] {
				return fmt.Errorf("isolation[%d]: the twin of group %s for env %s is %s, which is a baseline group of the same policy: rename one, or change twin_group",
					i, c.Group, tag, twin)
			}
		}
	}
	return nil
}

// IsBaseline reports whether a tag or home means baseline.
func (r *Rules) IsBaseline(value string) bool {
	if value == "" {
		return true
	}
	if r == nil || r.Baseline == nil {
		return value == "base" || value == "baseline"
	}
	return slices.Contains(r.Baseline, value)
}

// baselineValues are the values that a property may hold and mean baseline.
func (r *Rules) baselineValues() []string {
	if r == nil || r.Baseline == nil {
		return []string{"base", "baseline"}
	}
	return slices.DeleteFunc(slices.Clone(r.Baseline), func(v string) bool { return v == "" })
}

// Scheme returns the scheme that the policy declares for a topic and group, or ""
// where it declares none.
func (r *Rules) Scheme(topic, group string) Name {
	if r == nil {
		return ""
	}
	for _, c := range r.Isolation {
		if covers(c.Topic, topic) && covers(c.Group, group) {
			if c.Scheme == "" {
				return NameSQL92
			}
			return c.Scheme
		}
	}
	return ""
}

// Refused returns the tags that a baseline group refuses at a time, and when time
// alone changes that next (zero: never).
func (r *Rules) Refused(topic, group string, at time.Time) (tags Tags, until time.Time) {
	if r == nil {
		return Tags{}, time.Time{}
	}
	if at.Before(r.ValidFrom) {
		tags, until = r.Before.Refused(topic, group, at)
		return tags, earliest(until, r.ValidFrom)
	}
	if deadLetters(topic) || anyGlob(r.Neutral, topic) {
		return Tags{}, time.Time{}
	}
	serves, ignores := r.agreed(topic, group)
	for _, c := range r.Isolation {
		switch {
		case len(c.Ignores) == 0 || !covers(c.Topic, topic) || !covers(c.Group, group):
		case at.Before(c.Cut):
			until = earliest(until, c.Cut)
		default:
			ignores = append(ignores, c.ignoredBeside(serves)...)
			if !c.Cut.IsZero() { // the cut ends the agreement
				serves = without(serves, c.Ignores)
			}
		}
	}
	if r.FallbackForbidden {
		return Tags{all: true, names: sorted(append(r.baselineValues(), serves...))}, until
	}
	return Tags{names: sorted(ignores)}, until
}

// deadLetters reports a topic of dead letters. Whatever is in it was taken by a
// consumer group before, and nobody else reads it: baseline groups refuse nothing.
func deadLetters(topic string) bool { return strings.HasPrefix(topic, deadLetterPrefix) }

// agreed returns copies of what the first matching entry of consumers says.
func (r *Rules) agreed(topic, group string) (serves, ignores []string) {
	for _, c := range r.Consumers {
		if covers(c.Topic, topic) && covers(c.Group, group) {
			return slices.Clone(c.Serves), without(c.Ignores, c.Serves)
		}
	}
	return nil, nil
}

// ignoredBeside returns what the rule adds beside an agreement. Without a cut the
// agreement wins, as it does for the auditor; with one the cut ends it.
func (c *IsolationRule) ignoredBeside(serves []string) []string {
	if c.Cut.IsZero() {
		return without(c.Ignores, serves)
	}
	return c.Ignores
}

// since returns from when on the baseline group has refused a tag without a break,
// as far as the rules tell: zero where they always did; ok is false where it does
// not refuse it.
func (r *Rules) since(topic, group, tag string, at time.Time) (from time.Time, ok bool) {
	moments := []time.Time{{}, at} // the answer can change at these only
	for v := r; v != nil; v = v.Before {
		moments = append(moments, v.ValidFrom)
		for _, c := range v.Isolation {
			moments = append(moments, c.Cut)
		}
	}
	moments = slices.DeleteFunc(moments, at.Before)
	slices.SortFunc(moments, func(a, b time.Time) int { return b.Compare(a) }) // the last first
	for _, m := range moments {
		refused, _ := r.Refused(topic, group, m)
		if !refused.Has(tag) {
			break
		}
		from, ok = m, true
	}
	return from, ok
}

// InForce returns the rules that hold at a time: r, or those before it.
func (r *Rules) InForce(at time.Time) *Rules {
	for r != nil && at.Before(r.ValidFrom) && r.Before != nil {
		r = r.Before
	}
	return r
}

// earliest returns the earlier of two times, where zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
