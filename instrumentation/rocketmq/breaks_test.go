package rocketmq_test

import (
	"context"
	"fmt"
	"testing"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// stage is a small world for deliberate breaks: a gateway that sends to one topic, a
// baseline and a gray consumer of one group.
type stage struct {
	t            *testing.T
	b            *brokertest.Broker
	scheme       isolation.Name
	topic, group string
	folder       string
	boxes        map[string]*inbox
	consumers    []*rocketmq.PushConsumer
}

func newStage(t *testing.T, b *brokertest.Broker, scheme isolation.Name) *stage {
	t.Helper()
	return &stage{
		t: t, b: b, scheme: scheme, topic: b.Topic(t, "BREAK", 1), group: b.Group(t, "break"), folder: t.TempDir(),
		boxes: map[string]*inbox{"": {}, "gray": {}},
	}
}

func (s *stage) workload(service, home string) *workload {
	return newWorkload(s.t, service, home, toFile(s.t, s.folder, service+"-"+home))
}

// consumer starts the consumer of a home as it should be, but for edit.
func (s *stage) consumer(home string, edit func(*rocketmq.Config)) {
	s.t.Helper()
	w := s.workload("consumer", home)
	cfg := w.config()
	cfg.Scheme, cfg.Rules = s.scheme, strict()
	if edit != nil {
		edit(&cfg)
	}
	c := w.push(s.t, s.b, cfg, s.group)
	require.NoError(s.t, c.Subscribe(s.topic, consumer.MessageSelector{}, s.boxes[home].handle))
	require.NoError(s.t, c.Start())
	s.consumers = append(s.consumers, c)
}

// send sends n messages of each tag.
func (s *stage) send(n int, opts ...producer.Option) {
	s.t.Helper()
	for _, home := range []string{"", "gray"} {
		p := s.workload("gateway", home).producer(s.t, s.b, opts...)
		for i := range n {
			_, err := p.SendSync(tagged(s.t, home), message(s.topic, fmt.Sprint("x", home, i)))
			require.NoError(s.t, err)
		}
	}
}

// take waits until a home's consumer has taken n messages.
func (s *stage) take(home string, n int) { s.t.Helper(); s.boxes[home].wait(s.t, n) }

// findings counts what the auditor finds: verdict, certainty, code, and the blame's
// service and place.
func (s *stage) findings() map[string]int {
	s.t.Helper()
	for _, c := range s.consumers {
		require.NoError(s.t, c.Shutdown()) // and so end its spans
	}
	r, status := audit(s.t, s.folder, policy)
	found, proven := map[string]int{}, false
	for _, f := range r.Findings {
		found[fmt.Sprint(f.Verdict, " ", f.Certainty, " ", f.Code, " ", f.Blame.Service, "/", f.Home, " ", f.Blame.Where)]++
		proven = proven || f.Certainty == "proven"
	}
	require.Equal(s.t, proven, status == 1)
	return found
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	const n = 3
	breaks := map[string]struct {
		run  func(*stage)
		want map[string]int
	}{
		"nothing": {func(s *stage) {
			s.consumer("", nil)
			s.consumer("gray", nil)
			s.send(n)
			s.take("", n)
			s.take("gray", n)
		}, map[string]int{}},
		"wrong group": {func(s *stage) {
			s.consumer("gray", func(c *rocketmq.Config) { c.Home = "" }) // a gray pod with the baseline's settings
			s.send(n)
			s.take("gray", n)
		}, map[string]int{"pollution proven M6 consumer/gray receiver": n}},
		"missing filter": {func(s *stage) {
			s.consumer("", func(c *rocketmq.Config) { c.Rules = nil })
			s.consumer("gray", nil)
			s.send(n)
			s.take("", 2*n)
			s.take("gray", n)
		}, map[string]int{"leak proven M1 consumer/base receiver": n}},
		"property dropped": {func(s *stage) {
			s.consumer("", nil)
			s.consumer("gray", nil)
			s.send(n, producer.WithInterceptor(func(ctx context.Context, req, reply any, next primitive.Invoker) error {
				req.(*primitive.Message).RemoveProperty("gray_env")
				return next(ctx, req, reply)
			}))
			s.take("", 2*n)
		}, map[string]int{"escape proven  gateway/gray sender": n, "leak proven M1 consumer/base receiver": n}},
		// Nothing but the work that it does is seen of a consumer without spans.
		"consumer without wrapper": {func(s *stage) {
			s.consumer("", nil)
			s.rawConsumer("gray")
			s.send(n)
			s.take("", n)
			s.take("gray", n)
		}, map[string]int{"escape suspected R3 consumer/gray in_process": n}},
	}
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		for name, c := range breaks {
			t.Run(name, func(t *testing.T) {
				s := newStage(t, b, scheme)
				c.run(s)
				found := s.findings()
				for what, count := range found { // a second delivery is a finding of its own
					if count > c.want[what] && c.want[what] > 0 {
						found[what] = c.want[what]
					}
				}
				require.Equal(t, c.want, found)
			})
		}
	})
}

// rawConsumer is the client's own, in the right group and with the right filter. It
// sends a message on for each that it takes.
func (s *stage) rawConsumer(home string) {
	s.t.Helper()
	next := s.b.Topic(s.t, "NEXT", 1)
	p := s.workload("consumer", home).producer(s.t, s.b)
	c, err := client.NewPushConsumer(consumer.WithNameServer([]string{s.b.NameServer}), consumer.WithGroupName(s.group+"_"+home),
		consumer.WithInstance(s.t.Name()), from)
	require.NoError(s.t, err)
	require.NoError(s.t, c.Subscribe(s.topic, consumer.MessageSelector{Type: consumer.SQL92, Expression: "gray_env = '" + home + "'"},
		func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			if _, err := p.SendSync(ctx, message(next, "y")); err != nil {
				return consumer.ConsumeRetryLater, err
			}
			return s.boxes[home].handle(ctx, msgs...)
		}))
	require.NoError(s.t, c.Start())
	s.t.Cleanup(func() { require.NoError(s.t, c.Shutdown()) })
}
