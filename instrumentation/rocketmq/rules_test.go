package rocketmq_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/hooks"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/probe"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// switchboard is a source of rules that a test changes.
type switchboard struct {
	mu      sync.Mutex
	rules   *isolation.Rules
	changed chan struct{}
}

func newSwitchboard(r *isolation.Rules) *switchboard {
	return &switchboard{rules: r, changed: make(chan struct{})}
}

func (s *switchboard) Rules() *isolation.Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

func (s *switchboard) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *switchboard) set(r *isolation.Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = r
	close(s.changed)
	s.changed = make(chan struct{})
}

func ignoring(tags ...string) *isolation.Rules {
	return &isolation.Rules{Consumers: []isolation.ConsumerRule{{Ignores: tags}}}
}

// TestRulesChange switches gray off and on again for a baseline consumer that keeps
// running.
func TestRulesChange(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic := b.Topic(t, "SWITCH", 1)
		board := newSwitchboard(nil)
		w, box := newWorkload(t, "receiver", ""), &inbox{}
		cfg := w.config()
		cfg.Scheme, cfg.Rules = scheme, board
		c := w.push(t, b, cfg, b.Group(t, "switch"), consumer.WithConsumeGoroutineNums(1)) // in order: what is missing was refused
		require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
		require.NoError(t, c.Start())
		p := newWorkload(t, "sender", "").producer(t, b)
		send := func(tag, body string) {
			_, err := p.SendSync(tagged(t, tag), message(topic, body))
			require.NoError(t, err)
		}
		has := func(body string) func() bool { return func() bool { return slices.Contains(box.bodies(), body) } }

		send("gray", "taken by fallback")
		box.wait(t, 1)

		// From here on gray is refused: pairs of messages are sent until a baseline one
		// arrives without the gray one before it.
		board.set(ignoring("gray"))
		refused := time.Now()
		for i := 0; ; i++ {
			gray, base := fmt.Sprint("gray", i), fmt.Sprint("base", i)
			send("gray", gray)
			send("", base)
			require.Eventually(t, has(base), patience, pace)
			if !has(gray)() {
				break
			}
			require.Less(t, time.Since(refused), patience)
		}
		note(t, "%s: gray refused after %s", scheme, time.Since(refused).Round(time.Millisecond))

		board.set(nil)
		allowed := time.Now()
		require.Eventually(t, func() bool {
			send("gray", "again")
			return has("again")()
		}, patience, 100*time.Millisecond)
		note(t, "%s: gray taken again after %s", scheme, time.Since(allowed).Round(time.Millisecond))
	})
}

// TestCutComes waits for rules whose time is ahead.
func TestCutComes(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V4)
	topic, group := b.Topic(t, "CUT", 1), b.Group(t, "cut")
	w, box := newWorkload(t, "receiver", ""), &inbox{}
	cfg := w.config()
	board := newSwitchboard(nil)
	cfg.Rules = board
	c := w.push(t, b, cfg, group, consumer.WithConsumeGoroutineNums(1)) // so that the queue's order is the inbox's
	require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Start())
	p := newWorkload(t, "sender", "").producer(t, b)
	_, err := p.SendSync(tagged(t, "gray"), message(topic, "before"))
	require.NoError(t, err)
	box.wait(t, 1)
	cut := time.Now().Add(2 * time.Second)
	board.set(&isolation.Rules{Isolation: []isolation.IsolationRule{{Topic: topic, Group: group, Ignores: []string{"gray"}, Cut: cut}}})
	for i := 0; ; i++ {
		_, err := p.SendSync(tagged(t, "gray"), message(topic, fmt.Sprint("gray", i)))
		require.NoError(t, err)
		_, err = p.SendSync(context.Background(), message(topic, fmt.Sprint("base", i)))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return slices.Contains(box.bodies(), fmt.Sprint("base", i)) }, patience, pace)
		if !slices.Contains(box.bodies(), fmt.Sprint("gray", i)) {
			break
		}
		require.Less(t, time.Since(cut), patience)
	}
	require.True(t, time.Now().After(cut))
}

// TestBadRulesKeepTheOld changes to rules under which the group has another name.
func TestBadRulesKeepTheOld(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V5)
	topic := b.Topic(t, "KEEP", 1)
	board := newSwitchboard(nil)
	w, box := newWorkload(t, "receiver", "gray"), &inbox{}
	cfg := w.config()
	heard := make(chan error, 8)
	cfg.Rules, cfg.OnError = board, func(err error) { heard <- err }
	c := w.push(t, b, cfg, b.Group(t, "keep"))
	require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Start())
	board.set(&isolation.Rules{TwinGroupTemplate: "{env}-{group}"})
	require.ErrorContains(t, <-heard, "twin_group")
	p := newWorkload(t, "sender", "").producer(t, b)
	require.Eventually(t, func() bool {
		_, err := p.SendSync(tagged(t, "gray"), message(topic, "x"))
		return err == nil && len(box.bodies()) > 0
	}, patience, 200*time.Millisecond)
}

// TestSubscribeWhileRunning adds a topic to a running consumer.
func TestSubscribeWhileRunning(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V4)
	one, two, group := b.Topic(t, "ONE", 1), b.Topic(t, "TWO", 1), b.Group(t, "two")
	w, box := newWorkload(t, "receiver", ""), &inbox{}
	c := w.push(t, b, w.config(), group)
	require.NoError(t, c.Subscribe(one, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Start())
	require.Error(t, c.Start())
	p := newWorkload(t, "sender", "").producer(t, b)
	_, err := p.SendSync(context.Background(), message(one, "1"))
	require.NoError(t, err)
	_, err = p.SendSync(context.Background(), message(two, "2"))
	require.NoError(t, err)
	box.wait(t, 1)
	require.NoError(t, c.Subscribe(two, consumer.MessageSelector{}, box.handle))
	box.wait(t, 2)
	require.ElementsMatch(t, []string{"1", "2"}, box.bodies())
	require.Eventually(t, func() bool { return c.GetOffsetDiffMap()[two] == 0 }, patience, pace)
	c.Suspend()
	c.Resume()
	require.NoError(t, c.Unsubscribe(two))
	require.NoError(t, c.Shutdown())
	require.Error(t, c.Subscribe(two, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Unsubscribe(one))
	require.Empty(t, c.GetOffsetDiffMap())
	c.Suspend()
	c.Resume()
}

// TestStartVerifies starts consumers that the client would start without a word.
func TestStartVerifies(t *testing.T) {
	t.Parallel()
	for _, v := range brokertest.Versions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			off := brokers.Get(t, v, brokertest.PropertyFilter(false))
			topic := off.Topic(t, "OFF", 1)
			start := func(b *brokertest.Broker, topic string, scheme isolation.Name, sel consumer.MessageSelector) error {
				w := newWorkload(t, "receiver", "gray")
				cfg := w.config()
				cfg.Scheme = scheme
				c := w.push(t, b, cfg, b.Group(t, "off"))
				require.NoError(t, c.Subscribe(topic, sel, (&inbox{}).handle))
				return c.Start()
			}
			err := start(off, topic, isolation.NameSQL92, consumer.MessageSelector{})
			require.ErrorIs(t, err, probe.ErrFilterOff)
			require.ErrorContains(t, err, "enablePropertyFilter=true")
			require.NoError(t, start(off, topic, isolation.NameProperty, consumer.MessageSelector{}))
			require.ErrorIs(t, start(off, "NO_SUCH_TOPIC", isolation.NameSQL92, consumer.MessageSelector{}), probe.ErrTopic)
		})
	}
}

func TestPushRefuses(t *testing.T) {
	t.Parallel()
	name := consumer.WithNameServer([]string{"127.0.0.1:1"})
	for text, cfg := range map[string]rocketmq.Config{
		"home":       {Home: "no tag"},
		"not built":  {Scheme: isolation.NameQueue},
		"unknown":    {Scheme: "magic"},
		"twin_group": {Home: "gray", Rules: rocketmq.FixedRules(&isolation.Rules{TwinGroupTemplate: "{group}"})},
	} {
		_, err := rocketmq.NewPushConsumer(cfg, name)
		require.ErrorContains(t, err, text, text)
	}
	_, err := rocketmq.NewPushConsumer(rocketmq.Config{}, name, consumer.WithFilterMessageHook([]hooks.FilterMessageHook{nil}))
	require.ErrorContains(t, err, "FilterHooks")
	c, err := rocketmq.NewPushConsumer(rocketmq.Config{}, name, consumer.WithGroupName("g"))
	require.NoError(t, err)
	require.Error(t, c.Subscribe("T", consumer.MessageSelector{Type: consumer.SQL92, Expression: "a = 'x"}, nil))
	require.NoError(t, c.Shutdown())
	require.Error(t, c.Start())
}

// TestShutdownFinishes shuts consumers down in the middle of their work: what they
// have begun is finished and committed, and not delivered to the next one.
func TestShutdownFinishes(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic, group := b.Topic(t, "FINISH", 1), b.Group(t, "finish")
		p := newWorkload(t, "sender", "").producer(t, b)
		for i := range 30 {
			_, err := p.SendSync(context.Background(), message(topic, fmt.Sprint(i)))
			require.NoError(t, err)
		}
		box := &inbox{}
		for round := 0; len(box.bodies()) < 30; round++ {
			require.Less(t, round, 12)
			w := newWorkload(t, "receiver", "")
			c := w.push(t, b, w.config(), group, consumer.WithConsumeGoroutineNums(2), consumer.WithPullBatchSize(5))
			enough := make(chan struct{}, 100)
			require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
				defer func() { enough <- struct{}{} }()
				<-time.After(20 * time.Millisecond) // work, not a wait
				return box.handle(ctx, msgs...)
			}))
			require.NoError(t, c.Start())
			for range min(4, 30-len(box.bodies())) {
				<-enough
			}
			require.NoError(t, c.Shutdown())
		}
		require.Empty(t, repeated(box.bodies()), strings.Join(box.bodies(), " "))
	})
}

// repeated returns what is there more than once.
func repeated(all []string) []string {
	seen := map[string]int{}
	var out []string
	for _, s := range all {
		if seen[s]++; seen[s] == 2 {
			out = append(out, s)
		}
	}
	return out
}
