package auditor

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// rules is one version of the policy, ready for use.
type rules struct {
	policy   Policy
	from     int64 // valid from; math.MinInt64 for the first
	services []serviceRules
}

// serviceRules caches what a policy says of a service, by its interned name.
type serviceRules struct{ asked, origin, neutral, reporting bool }

// check refuses a policy that cannot hold.
func (p *Policy) check() error {
	var errs []error
	if len(p.Keys.Env) == 0 || len(p.Keys.Home) == 0 {
		errs = append(errs, errors.New("keys: env and home each need at least one key"))
	}
	for name, d := range map[string]time.Duration{
		"pair": p.Windows.Pair, "liveness": p.Windows.Liveness, "stranded": p.Windows.Stranded,
	} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("windows.%s: must be positive, is %v", name, d))
		}
	}
	for _, t := range []struct{ name, text, field string }{
		{"twin_group", p.TwinGroup, "{group}"}, {"twin_topic", p.TwinTopic, "{topic}"}, {"twin_service", p.TwinService, "{service}"},
	} {
		if !strings.Contains(t.text, t.field) {
			errs = append(errs, fmt.Errorf("%s: %q needs %s", t.name, t.text, t.field))
		}
	}
	return errors.Join(errs...)
}

// service answers for an interned service name.
func (c *rules) service(id uint16, n *names) serviceRules {
	for int(id) >= len(c.services) {
		c.services = append(c.services, serviceRules{})
	}
	s := &c.services[id]
	if !s.asked {
		text := n.text(id)
		*s = serviceRules{
			asked: true, origin: anyGlob(c.policy.Origins, text),
			neutral: anyGlob(c.policy.Neutral, text), reporting: anyGlob(c.policy.Reporting, text),
		}
	}
	return *s
}

// detachedOK reports whether detached roots of this kind are legal.
func (c *rules) detachedOK(service, operation string) bool {
	for _, d := range c.policy.DetachedOK {
		if covers(d.Service, service) && covers(d.Operation, operation) {
			return true
		}
	}
	return false
}

// agreed is what the policy says of a baseline group taking a tag at a time.
func (c *rules) agreed(topic, group, env string, at int64) agreement {
	for _, r := range c.policy.Consumers {
		nameless := group == "" && has(r.Serves, env) // it may be the one that serves
		if covers(r.Topic, topic) && (covers(r.Group, group) || nameless) {
			if a := r.agreed(env); a != agreeNothing {
				return a
			}
			break // of the consumers the first match wins, but it says nothing of this tag
		}
	}
	for _, r := range c.policy.Isolation {
		past := r.Cut.IsZero() || at >= r.Cut.UnixNano()+int64(c.policy.Windows.Grace)
		if covers(r.Topic, topic) && covers(r.Group, group) && past && has(r.Ignores, env) {
			return agreeIgnores
		}
	}
	return agreeNothing
}

func (r *ConsumerRule) agreed(env string) agreement {
	switch {
	case has(r.Serves, env):
		return agreeServes
	case has(r.Ignores, env):
		return agreeIgnores
	}
	return agreeNothing
}

// covers is glob, with an empty pattern for "any".
func covers(pattern, text string) bool { return pattern == "" || glob(pattern, text) }

// has reports whether env is in the list; "*" stands for any.
func has(list []string, env string) bool {
	for _, v := range list {
		if v == env || v == "*" {
			return true
		}
	}
	return false
}

// declaredService reports whether the policy says that this service's twin runs.
func (c *rules) declaredService(service, env string) bool {
	for _, a := range c.policy.Alive {
		if a.Home == env && a.Topic == "" && a.Service != "" &&
			(a.Service == service || c.twinService(a.Service, env) == service) {
			return true
		}
	}
	return false
}

// declaredConsumer is the same for a consumer group of a topic. On the broker's own
// topics of the group a twin that is declared for any topic is likely.
func (c *rules) declaredConsumer(topic, group, env string) presence {
	p := seenNever
	for _, a := range c.policy.Alive {
		family := a.Group == group || a.Group != "" && c.twinGroup(a.Group, env) == group
		switch {
		case a.Home != env || a.Topic == "" || !family:
		case c.sameTopic(a.Topic, topic, env):
			return seenAround
		case retryTopic(topic):
			p = seenOneWay
		}
	}
	return p
}

// sameTopic reports two topics that are one, or of which one is the other's shadow.
func (c *rules) sameTopic(a, b, env string) bool {
	return a == b || c.twinTopic(a, env) == b || c.twinTopic(b, env) == a
}

func (c *rules) twinService(s, env string) string {
	return expand(c.policy.TwinService, "{service}", s, env)
}

func (c *rules) twinGroup(g, env string) string {
	return expand(c.policy.TwinGroup, "{group}", g, env)
}

func (c *rules) twinTopic(t, env string) string {
	return expand(c.policy.TwinTopic, "{topic}", t, env)
}

// expand fills in a twin's template.
func expand(template, field, value, env string) string {
	return strings.ReplaceAll(strings.ReplaceAll(template, "{env}", env), field, value)
}

// twinNamed reports whether the group bears the name of a twin of that env.
func (c *rules) twinNamed(group, env string) bool {
	before, after, _ := strings.Cut(strings.ReplaceAll(c.policy.TwinGroup, "{env}", env), "{group}")
	return len(group) > len(before)+len(after) && strings.HasPrefix(group, before) && strings.HasSuffix(group, after)
}
