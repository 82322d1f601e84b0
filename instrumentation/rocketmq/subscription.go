package rocketmq

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// subscription is one topic as the user subscribed it, and the plan that the
// scheme made of it. The plan changes with the rules.
type subscription struct {
	topic    string
	selector consumer.MessageSelector
	handler  Handler
	each     bool // the handler takes one message at a time

	plan atomic.Pointer[isolation.Plan]
}

// planner makes plans for the subscriptions of one consumer.
type planner struct {
	cfg   Config
	group string // as the user named it
}

func (p *planner) plan(sub *subscription, rules *isolation.Rules, at time.Time) (isolation.Plan, error) {
	scheme, err := p.cfg.scheme(rules, sub.topic, p.group)
	if err != nil {
		return isolation.Plan{}, err
	}
	return scheme.Take(rules, isolation.Consumer{
		Topic: sub.topic, Group: p.group, Home: p.cfg.Home,
		Selector: selectorOf(sub.selector),
	}, at)
}

func selectorOf(s consumer.MessageSelector) isolation.Selector {
	return isolation.Selector{Type: isolation.SelectorType(s.Type), Expression: s.Expression}
}

// composed is the selector that the client gets: the user's and the scheme's.
func (s *subscription) composed() consumer.MessageSelector {
	sel := s.plan.Load().Selector
	return consumer.MessageSelector{Type: consumer.ExpressionType(sel.Type), Expression: sel.Expression}
}

// accepts reports whether a message is this consumer's to process.
func (s *subscription) accepts(m *primitive.MessageExt) bool {
	return s.plan.Load().Filter.Accept(m.GetProperty(envtag.Property), int(m.ReconsumeTimes))
}

// filter leaves out the messages of other environments as they are fetched. They
// never reach a callback: the client would send them back, or count an attempt, with
// a callback's other messages that failed, and attempts after the first are always
// accepted. Their offsets are committed with those around them.
func (s *subscription) filter(fetched []*primitive.MessageExt) []*primitive.MessageExt {
	own := make([]*primitive.MessageExt, 0, len(fetched))
	for _, m := range fetched {
		if s.accepts(m) {
			own = append(own, m)
		}
	}
	return own
}

// handle processes one callback of the client: its messages are split by tag and
// handled part by part, each in its own process span. The worst result is the
// callback's; an orderly consumer stops at it.
func (s *subscription) handle(ctx context.Context, t *telemetry, orderly bool, msgs []*primitive.MessageExt) (consumer.ConsumeResult, error) {
	ds := make([]delivery, 0, len(msgs))
	for _, m := range msgs {
		ds = append(ds, t.receive(ctx, m))
	}
	worst := consumer.ConsumeSuccess
	var failed error
	for _, part := range split(ds, orderly, s.each) {
		result, err := s.handlePart(ctx, t, part)
		switch {
		case err != nil || !succeeded(result):
			worst, failed = result, err
			if orderly {
				return worst, failed
			}
		case failed == nil && succeeded(worst):
			worst = result
		}
	}
	return worst, failed
}

func (s *subscription) handlePart(ctx context.Context, t *telemetry, part []delivery) (consumer.ConsumeResult, error) {
	msgs := make([]*primitive.MessageExt, len(part))
	for i := range part {
		msgs[i] = part[i].msg
	}
	work := func(ctx context.Context) (consumer.ConsumeResult, error) { return s.handler(ctx, msgs...) }
	if len(part) == 1 {
		return t.process(part[0], work)
	}
	return t.processBatch(ctx, part, work)
}
