package policysource

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// formatVersion is the version of the policy format that is known here.
const formatVersion = 1

// rules turns the document into rules, and tells all that is wrong with it.
func (p *policy) rules() (*isolation.Rules, error) {
	r := &isolation.Rules{
		Baseline: p.doc.Baseline, Neutral: p.doc.Neutral,
		TwinGroupTemplate: p.doc.TwinGroup, TwinTopicTemplate: p.doc.TwinTopic,
	}
	errs := []error{p.version(), p.fallback(r)}
	var err error
	r.ValidFrom, err = p.timestamp("$.valid_from", p.doc.ValidFrom)
	errs = append(errs, err)
	for i, c := range p.doc.Consumers {
		path := fmt.Sprintf("$.consumers[%d]", i)
		errs = append(errs, p.tags(r, path+".serves", c.Serves), p.tags(r, path+".ignores", c.Ignores), p.contradiction(path, c))
		r.Consumers = append(r.Consumers, isolation.ConsumerRule(c))
	}
	for i, c := range p.doc.Isolation {
		rule, err := p.isolation(r, fmt.Sprintf("$.isolation[%d]", i), c)
		errs = append(errs, err)
		r.Isolation = append(r.Isolation, rule)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return r, nil
}

func (p *policy) version() error {
	switch {
	case p.doc.Version == nil:
		return fmt.Errorf("%s: version is missing; write version: %d", p.name, formatVersion)
	case *p.doc.Version != formatVersion:
		return p.at("$.version", "this release knows version %d only, not %d", formatVersion, *p.doc.Version)
	}
	return nil
}

func (p *policy) fallback(r *isolation.Rules) error {
	switch p.doc.Fallback {
	case "", "allow":
	case "forbid":
		r.FallbackForbidden = true
	default:
		return p.at("$.fallback", "unknown value %q; legal: allow, forbid", p.doc.Fallback)
	}
	return nil
}

// tags refuses what is no tag: baseline values and globs.
func (p *policy) tags(r *isolation.Rules, path string, tags []string) error {
	for i, tag := range tags {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case r.IsBaseline(tag):
			return p.at(at, "%q means baseline and is no tag", tag)
		case strings.Contains(tag, "*"):
			return p.at(at, "tags are no globs: list them one by one")
		}
	}
	return nil
}

func (p *policy) contradiction(path string, c consumerRule) error {
	for _, tag := range c.Serves {
		for i, other := range c.Ignores {
			if tag == other {
				return p.at(fmt.Sprintf("%s.ignores[%d]", path, i), "%q is in serves as well: a group takes a tag or not", tag)
			}
		}
	}
	return nil
}

func (p *policy) isolation(r *isolation.Rules, path string, c isolationRule) (isolation.IsolationRule, error) {
	rule := isolation.IsolationRule{Topic: c.Topic, Group: c.Group, Scheme: isolation.Name(c.Scheme), Ignores: c.Ignores}
	var missing, unknown error
	if c.Topic == "" || c.Group == "" {
		missing = p.at(path, "needs topic and group")
	}
	switch rule.Scheme {
	case "", isolation.NameSQL92, isolation.NameProperty, isolation.NameTag, isolation.NameShadowTopic, isolation.NameQueue:
	default:
		unknown = p.at(path+".scheme", "unknown scheme %q; legal: sql92, property, tag, shadow_topic, queue", c.Scheme)
	}
	cut, err := p.timestamp(path+".cut", c.Cut)
	rule.Cut = cut
	return rule, errors.Join(missing, unknown, err, p.tags(r, path+".ignores", c.Ignores))
}
