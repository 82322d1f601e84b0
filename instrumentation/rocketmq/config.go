package rocketmq

import (
	"cmp"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/hooks"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	dyepropagation "github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// Config says where a workload lives and how its messages are kept apart. The
// zero Config is a baseline workload with scheme sql92 and no rules. Give the same
// Config to all producers and consumers of a process.
type Config struct {
	// Home is the environment that this workload is deployed in: "gray", or "",
	// "base" or "baseline" for the baseline. It is the resource attribute gray.home.
	Home string
	// Scheme is how messages are kept apart; "" is what the rules declare for a
	// consumer's topic and group, or sql92. Producers send the same for both schemes.
	Scheme isolation.Name
	// Rules are the policy's words on isolation, which may change at run time; nil
	// says nothing: twins take their own tag, baseline groups take everything.
	Rules RuleSource

	// TracerProvider makes the spans; nil is OpenTelemetry's global one.
	TracerProvider trace.TracerProvider
	// Propagator carries contexts in message properties; nil carries trace context,
	// baggage and the witness.
	Propagator propagation.TextMapPropagator

	// AsyncSends bounds SendAsync and RequestAsync calls under way, for each
	// producer; 0 is 64.
	AsyncSends int
	// DrainTimeout bounds the wait for work under way when something shuts down or
	// a subscription changes; 0 is 30 s.
	DrainTimeout time.Duration
	// Unverified leaves out the check at Start that the broker really filters. Only
	// for networks in which the check cannot reach the brokers.
	Unverified bool
	// FilterHooks are the user's filters of fetched messages, in place of the
	// client's option WithFilterMessageHook.
	FilterHooks []hooks.FilterMessageHook
	// OnError hears of faults in the background (rules that cannot be applied); nil
	// is OpenTelemetry's error handler. It must not block.
	OnError func(error)
}

// RuleSource gives the rules in force. Its methods may be called by any number of
// goroutines. Sources keep their last good rules when they fail.
type RuleSource interface {
	// Rules returns the rules in force; nil says nothing.
	Rules() *isolation.Rules
	// Changed returns a channel that is closed when Rules has something newer. Ask
	// for it before Rules.
	Changed() <-chan struct{}
}

// FixedRules is a source whose rules never change.
func FixedRules(r *isolation.Rules) RuleSource { return fixed{r} }

type fixed struct{ rules *isolation.Rules }

func (f fixed) Rules() *isolation.Rules { return f.rules }

func (fixed) Changed() <-chan struct{} { return nil }

const (
	defaultAsyncSends = 64
	defaultDrain      = 30 * time.Second
)

// complete fills in defaults and refuses what cannot work.
func (c Config) complete() (Config, error) {
	if !envtag.IsBaseline(c.Home) {
		if err := envtag.Validate(c.Home); err != nil {
			return c, fmt.Errorf("home: %w", err)
		}
	}
	if c.Rules == nil {
		c.Rules = FixedRules(nil)
	}
	if c.Propagator == nil {
		c.Propagator = dyepropagation.New()
	}
	if c.AsyncSends <= 0 {
		c.AsyncSends = defaultAsyncSends
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = defaultDrain
	}
	if c.OnError == nil {
		c.OnError = otel.Handle
	}
	if _, err := c.placement(); err != nil {
		return c, err
	}
	return c, c.Rules.Rules().Validate()
}

// hooks puts the wrapper's filter before the user's.
func (c *Config) hooks(own hooks.FilterMessageHook) []hooks.FilterMessageHook {
	return append([]hooks.FilterMessageHook{own}, c.FilterHooks...)
}

// scheme returns the scheme of a topic and group under some rules.
func (c *Config) scheme(rules *isolation.Rules, topic, group string) (isolation.Scheme, error) {
	return isolation.New(cmp.Or(c.Scheme, rules.Scheme(topic, group), isolation.NameSQL92), envtag.Property)
}

// placement says where this configuration's producers send.
func (c *Config) placement() (*placement, error) {
	scheme, err := isolation.New(cmp.Or(c.Scheme, isolation.NameSQL92), envtag.Property)
	return &placement{scheme, c.Rules}, err
}

// twin returns the name of a group in the home of this configuration.
func (c *Config) twin(group string) (string, error) {
	rules := c.Rules.Rules()
	if rules.IsBaseline(c.Home) {
		return group, nil
	}
	return rules.TwinGroup(group, c.Home)
}
