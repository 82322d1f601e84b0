package rocketmq

import (
	"context"
	"fmt"
	"sync"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	clienterrors "github.com/apache/rocketmq-client-go/v2/errors"
	"github.com/apache/rocketmq-client-go/v2/primitive"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

var _ client.PushConsumer = (*PushConsumer)(nil)

// PushConsumer wraps the client's push consumer: the same methods with the same
// types. Handlers run in the context of their message, inside a process span, and
// get messages of the consumer's own environment only. It is safe for concurrent
// use.
//
// In a home other than the baseline its group is the twin of the given group. A
// twin that the broker does not know yet begins where the baseline group left its
// tag, whatever WithConsumeFromWhere says.
//
// Subscribe, Unsubscribe and Shutdown wait for handlers: call none of them from a
// handler.
type PushConsumer struct {
	cfg     Config
	opts    []consumer.Option
	planner planner
	tel     *telemetry
	group   string // of the broker: the twin's, in a gray home

	mu        sync.Mutex // over all below, and over starts and shutdowns
	set       settings
	subs      map[string]*subscription
	intake    *intake // nil before Start, and when a replacement could not start
	state     state
	suspended bool

	kick    chan struct{} // tells followRules that intake is missing
	done    chan struct{} // closed by Shutdown
	workers sync.WaitGroup
}

type state uint8

const (
	created state = iota
	running
	closed
)

// NewPushConsumer makes a push consumer from the client's own options (for
// WithFilterMessageHook use Config.FilterHooks). Nothing is connected before Start.
func NewPushConsumer(cfg Config, opts ...consumer.Option) (*PushConsumer, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c := &PushConsumer{cfg: cfg, opts: opts, subs: map[string]*subscription{}, kick: make(chan struct{}, 1), done: make(chan struct{})}
	if c.set, err = readConsumer(opts); err != nil {
		return nil, err
	}
	if err := c.set.checkHooks(); err != nil {
		return nil, err
	}
	c.planner = planner{cfg, c.set.group}
	if c.group, err = cfg.twin(c.set.group); err != nil {
		return nil, err
	}
	c.tel = newTelemetry(cfg.TracerProvider, cfg.Propagator, c.set.namespace, c.group)
	c.tel.broadcast = c.set.broadcasting
	return c, nil
}

// Subscribe subscribes a topic with the user's own selector, to which the
// isolation scheme adds its part. The handler gets messages of one tag at a time
// (a batch that mixes tags comes in several calls), in a context with that tag;
// [MessageContext] gives the context of a single message of a batch.
//
// When one part of a callback's batch fails, the whole batch is delivered again.
//
// A call while the consumer runs takes effect by starting another consumer of the
// client's: messages under way are finished first.
func (c *PushConsumer) Subscribe(topic string, selector consumer.MessageSelector,
	f func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error),
) error {
	return c.subscribe(&subscription{topic: topic, selector: selector, handler: f})
}

// SubscribeEach is Subscribe for handlers of single messages: also with a batch
// size above 1 each message gets its own context and its own process span.
func (c *PushConsumer) SubscribeEach(topic string, selector consumer.MessageSelector,
	f func(context.Context, *primitive.MessageExt) (consumer.ConsumeResult, error),
) error {
	return c.subscribe(&subscription{
		topic: topic, selector: selector, each: true,
		handler: func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			return f(ctx, msgs[0])
		},
	})
}

func (c *PushConsumer) subscribe(sub *subscription) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return clienterrors.ErrStartTopic
	}
	p, err := c.plan(sub)
	if err != nil {
		return err
	}
	sub.plan.Store(p)
	if c.state == created {
		c.subs[sub.topic] = sub
		return nil
	}
	if err := c.verify(sub); err != nil {
		return err
	}
	c.subs[sub.topic] = sub
	return c.replace()
}

// plan asks the scheme for a subscription's plan under the rules in force.
func (c *PushConsumer) plan(sub *subscription) (*isolation.Plan, error) {
	p, err := c.planner.plan(sub, c.cfg.Rules.Rules(), time.Now())
	if err != nil {
		return nil, err
	}
	if p.Group != c.group {
		return nil, fmt.Errorf("the policy now names the group %s, and this consumer runs as %s: start it anew to change twin_group", p.Group, c.group)
	}
	return &p, nil
}

// verify asks the brokers whether they will filter as the subscription wants, and
// puts a group that is new to them where the plan says.
func (c *PushConsumer) verify(sub *subscription) error {
	if c.cfg.Unverified {
		return nil
	}
	p := sub.plan.Load()
	if err := c.set.verify(c.group, sub.topic, p.Selector); err != nil {
		return err
	}
	return c.set.place(c.group, sub.topic, p.Start)
}

// Unsubscribe ends the delivery of a topic.
func (c *PushConsumer) Unsubscribe(topic string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subs, topic)
	if c.intake == nil {
		return nil
	}
	return c.intake.inner.Unsubscribe(topic)
}

// Start verifies that the broker filters as the scheme needs it, connects and
// begins to consume. The error says what to change.
func (c *PushConsumer) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != created {
		return clienterrors.ErrCreated
	}
	changed := c.cfg.Rules.Changed()
	for _, sub := range c.subs {
		p, err := c.plan(sub)
		if err != nil {
			return err
		}
		sub.plan.Store(p)
		if err := c.verify(sub); err != nil {
			return err
		}
	}
	if err := c.open(); err != nil {
		return err
	}
	c.state = running
	c.workers.Go(func() { c.followRules(changed) })
	return nil
}

// Shutdown lets messages under way finish, no longer than Config.DrainTimeout,
// commits their offsets and leaves the group.
func (c *PushConsumer) Shutdown() error {
	c.mu.Lock()
	if c.state == closed {
		c.mu.Unlock()
		return nil
	}
	c.state = closed
	close(c.done)
	err := c.closeIntake()
	c.mu.Unlock()
	c.workers.Wait()
	return err
}

// Suspend stops fetching; what was fetched is still processed.
func (c *PushConsumer) Suspend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspended = true
	if c.intake != nil {
		c.intake.inner.Suspend()
	}
}

// Resume fetches again.
func (c *PushConsumer) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspended = false
	if c.intake != nil {
		c.intake.inner.Resume()
	}
}

// GetOffsetDiffMap returns, for each topic, how far the committed offsets of this
// consumer's queues are behind what it has seen of them.
func (c *PushConsumer) GetOffsetDiffMap() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.intake == nil {
		return map[string]int64{}
	}
	return c.intake.inner.GetOffsetDiffMap()
}
