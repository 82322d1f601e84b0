package rocketmq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// open makes a consumer of the client's with all subscriptions and starts it. The
// caller holds mu.
func (c *PushConsumer) open() error {
	in := &intake{
		namespace: c.set.namespace, orderly: c.set.orderly, subs: maps.Clone(c.subs),
		gone: make(chan struct{}), begun: map[primitive.MessageQueue]int64{},
	}
	start := c.position()
	var read error
	last := lastOption[consumer.Option](func(f *fields) {
		c.set.consumer(f)
		f.setStr("GroupName", c.group)
		f.setStart(start)
		f.wrapStrategy(in.watch)
		read = f.err
	})
	filter := consumer.WithFilterMessageHook(c.cfg.hooks(in.filter))
	inner, err := client.NewPushConsumer(slices.Concat(c.opts, []consumer.Option{last, filter})...)
	if err := errors.Join(err, read); err != nil {
		return err
	}
	in.inner = inner
	for _, sub := range c.subs {
		if err := inner.Subscribe(sub.topic, sub.composed(), c.callback(in, sub)); err != nil {
			return err
		}
	}
	if c.suspended {
		inner.Suspend()
	}
	if err := inner.Start(); err != nil {
		return fmt.Errorf("consumer group %s: %w", c.group, err)
	}
	c.intake = in
	if !c.set.broadcasting {
		c.workers.Go(func() { c.awaitRetries(in) })
	}
	return nil
}

func (c *PushConsumer) callback(in *intake, sub *subscription) Handler {
	return func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		return in.deliver(msgs, func() (consumer.ConsumeResult, error) {
			return sub.handle(ctx, c.tel, in.orderly, msgs)
		})
	}
}

// replace ends the client's consumer when its deliveries are done and starts one
// with the subscriptions as they are now. If that fails, followRules tries again.
// The caller holds mu.
func (c *PushConsumer) replace() error {
	err := c.closeIntake()
	if err := errors.Join(err, c.open()); err != nil {
		select {
		case c.kick <- struct{}{}:
		default:
		}
		return err
	}
	return nil
}

func (c *PushConsumer) closeIntake() error {
	in := c.intake
	if in == nil {
		return nil
	}
	c.intake = nil
	return in.close(c.cfg.DrainTimeout)
}

const (
	firstNudge = 100 * time.Millisecond
	lastNudge  = 30 * time.Second // the client's own interval

	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// awaitRetries makes the client look for the topic of its group's retries until it
// has taken part in sharing out that topic's queues. The broker makes the topic of
// a new group when it first hears of the group; the client would look for it after
// 30 s and share it out after 20 s more, so the first retry of a new group took
// 40 s. A second Start does nothing in the client but this: fetch routes, send a
// heartbeat, rebalance. There is one more after that has happened: the client may
// have failed to read the offset of a queue that it got.
func (c *PushConsumer) awaitRetries(in *intake) {
	for wait := firstNudge; wait < lastNudge; wait *= 2 {
		t := time.NewTimer(wait)
		select {
		case <-in.gone:
			t.Stop()
			return
		case <-t.C:
		}
		c.mu.Lock()
		current, last := c.intake == in, in.sharesRetries.Load()
		if current {
			if err := in.inner.Start(); err != nil {
				c.cfg.OnError(fmt.Errorf("consumer group %s: look for its retry topic: %w", c.group, err))
			}
		}
		c.mu.Unlock()
		if !current || last {
			return
		}
	}
}

// followRules applies new rules, and rules whose time has come, until Shutdown.
func (c *PushConsumer) followRules(changed <-chan struct{}) {
	retry := firstRetry
	for {
		wait, missing := c.untilNextPlan()
		if missing {
			wait, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		t := time.NewTimer(wait)
		select {
		case <-c.done:
			t.Stop()
			return
		case <-changed:
			changed = c.cfg.Rules.Changed()
		case <-c.kick:
		case <-t.C:
		}
		t.Stop()
		if err := c.apply(); err != nil {
			c.cfg.OnError(err)
		}
	}
}

// idle is how long followRules sleeps when nothing is due; any long time.
const idle = 24 * time.Hour

// untilNextPlan returns when time alone changes a plan, and whether there is no
// consumer because the last one could not start.
func (c *PushConsumer) untilNextPlan() (wait time.Duration, missing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait = idle
	for _, sub := range c.subs {
		if until := sub.plan.Load().Until; !until.IsZero() {
			wait = min(wait, max(time.Until(until), 0))
		}
	}
	return wait, c.intake == nil
}

// apply plans all subscriptions under the rules in force. Filters hold at once;
// another subscription needs another consumer.
func (c *PushConsumer) apply() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != running {
		return nil
	}
	plans := make(map[*subscription]*isolation.Plan, len(c.subs))
	same := c.intake != nil
	for _, sub := range c.subs {
		p, err := c.plan(sub)
		if err != nil {
			return fmt.Errorf("topic %s: the rules before stay in force: %w", sub.topic, err)
		}
		plans[sub] = p
		same = same && sub.plan.Load().SameSubscription(*p)
	}
	for sub, p := range plans {
		sub.plan.Store(p)
	}
	if same {
		return nil
	}
	return c.replace()
}

// position returns where a twin that the broker does not know yet begins: at the
// earliest place that any of its topics asks for, as the client knows one only.
func (c *PushConsumer) position() isolation.Start {
	var first isolation.Start
	for _, sub := range c.subs {
		first = earlier(first, sub.plan.Load().Start)
	}
	return first
}

// earlier returns the start that passes over less.
func earlier(a, b isolation.Start) isolation.Start {
	switch {
	case a.Where == isolation.StartAsUser || b.Where == isolation.StartFirst:
		return b
	case b.Where == isolation.StartAsUser || a.Where == isolation.StartFirst:
		return a
	case a.Where == isolation.StartLast, b.Where == isolation.StartTime && b.Time.Before(a.Time):
		return b
	}
	return a
}
