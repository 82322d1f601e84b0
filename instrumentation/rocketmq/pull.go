package rocketmq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/hooks"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

var _ client.PullConsumer = (*PullConsumer)(nil)

// ErrPoll tells that Poll cannot work with the subscription.
var ErrPoll = errors.New("poll is not possible")

// PullConsumer wraps the client's pull consumer: the same methods with the same
// types. The broker gets the user's selector as it is, whatever the scheme, and
// messages of other environments are left out as they arrive: the client's Poll
// sends every expression as one of tags (v2.1.2), so that one composed in SQL92 got
// nothing, ever. A change of the rules holds at once. [PullConsumer.Process] runs the work on a message in its
// context and process span.
//
// In a home other than the baseline its group is the twin of the given group. A new
// twin begins where WithConsumeFromWhere says: the client wants to know that before
// it knows the topic.
type PullConsumer struct {
	client.PullConsumer // what needs no wrapping

	cfg     Config
	planner planner
	tel     *telemetry
	set     settings

	mu  sync.Mutex
	sub *subscription // the client has one at a time

	done    chan struct{}
	once    sync.Once
	workers sync.WaitGroup
}

// NewPullConsumer makes a pull consumer from the client's own options (for
// WithFilterMessageHook use Config.FilterHooks). Nothing is connected before Start.
func NewPullConsumer(cfg Config, opts ...consumer.Option) (*PullConsumer, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c := &PullConsumer{cfg: cfg, done: make(chan struct{})}
	var read error
	last := lastOption[consumer.Option](func(f *fields) {
		c.set.consumer(f)
		twin, err := cfg.twin(c.set.group)
		f.setStr("GroupName", twin)
		c.tel = newTelemetry(cfg.TracerProvider, cfg.Propagator, c.set.namespace, twin)
		read = errors.Join(f.err, err)
	})
	filter := consumer.WithFilterMessageHook(cfg.hooks(c.filter))
	c.PullConsumer, err = client.NewPullConsumer(slices.Concat(opts, []consumer.Option{last, filter})...)
	if err := errors.Join(err, read); err != nil {
		return nil, err
	}
	if err := c.set.checkHooks(); err != nil {
		return nil, err
	}
	c.planner = planner{cfg, c.set.group}
	return c, nil
}

// Subscribe subscribes a topic with the user's own selector. The client keeps the
// last subscription only.
func (c *PullConsumer) Subscribe(topic string, selector consumer.MessageSelector) error {
	sub := &subscription{topic: topic, selector: selector}
	p, err := c.planner.plan(sub, c.cfg.Rules.Rules(), time.Now())
	if err != nil {
		return err
	}
	sub.plan.Store(&p)
	if err := c.PullConsumer.Subscribe(topic, selector); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sub = sub
	return nil
}

// Start verifies that the broker filters if it has to, connects and begins to
// fetch.
func (c *PullConsumer) Start() error {
	c.mu.Lock()
	sub := c.sub
	c.mu.Unlock()
	if sub != nil && sub.selector.Type == consumer.SQL92 && !c.cfg.Unverified {
		if err := c.set.verify(c.tel.group, sub.topic, selectorOf(sub.selector)); err != nil {
			return err
		}
	}
	changed := c.cfg.Rules.Changed()
	if err := c.PullConsumer.Start(); err != nil {
		return fmt.Errorf("consumer group %s: %w", c.tel.group, err)
	}
	c.workers.Go(func() { c.followRules(changed) })
	return nil
}

// Shutdown commits offsets and leaves the group.
func (c *PullConsumer) Shutdown() error {
	var err error
	c.once.Do(func() {
		close(c.done)
		err = c.PullConsumer.Shutdown()
		c.workers.Wait()
	})
	return err
}

// Poll returns what was fetched, or waits for it. It returns ErrPoll with a
// subscription in SQL92: use Pull or PullFrom there.
func (c *PullConsumer) Poll(ctx context.Context, timeout time.Duration) (*consumer.ConsumeRequest, error) {
	if sub := c.current(); sub != nil && sub.selector.Type == consumer.SQL92 {
		return nil, fmt.Errorf("%w: rocketmq-client-go v2.1.2 polls SQL92 subscriptions of topic %s in vain; use Pull, PullFrom or a selector of tags", ErrPoll, sub.topic)
	}
	return c.PullConsumer.Poll(ctx, timeout)
}

// Process runs work on a message that was pulled, in the message's own context,
// derived from ctx, and inside a process span. It returns work's error. One
// message, one call.
func (c *PullConsumer) Process(ctx context.Context, msg *primitive.MessageExt, work func(context.Context) error) error {
	_, err := c.tel.process(c.tel.receive(ctx, msg), func(ctx context.Context) (consumer.ConsumeResult, error) {
		return consumer.ConsumeSuccess, work(ctx)
	})
	return err
}

func (c *PullConsumer) current() *subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sub
}

// filter leaves out messages that are not this consumer's.
func (c *PullConsumer) filter(f *hooks.FilterMessageContext) ([]*primitive.MessageExt, error) {
	sub := c.current()
	if sub == nil {
		return f.Msg, nil
	}
	return sub.filter(f.Msg), nil
}

// followRules applies new rules, and rules whose time has come.
func (c *PullConsumer) followRules(changed <-chan struct{}) {
	for {
		wait := idle
		if sub := c.current(); sub != nil && !sub.plan.Load().Until.IsZero() {
			wait = max(time.Until(sub.plan.Load().Until), 0)
		}
		t := time.NewTimer(wait)
		select {
		case <-c.done:
			t.Stop()
			return
		case <-changed:
			changed = c.cfg.Rules.Changed()
		case <-t.C:
		}
		t.Stop()
		sub := c.current()
		if sub == nil {
			continue
		}
		p, err := c.planner.plan(sub, c.cfg.Rules.Rules(), time.Now())
		if err != nil {
			c.cfg.OnError(fmt.Errorf("topic %s: the rules before stay in force: %w", sub.topic, err))
			continue
		}
		sub.plan.Store(&p)
	}
}
