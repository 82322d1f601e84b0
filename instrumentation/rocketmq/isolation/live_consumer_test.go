package isolation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	mq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/position"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

const patience = 60 * time.Second

// delivery is one delivery of a message.
type delivery struct {
	key, env, topic string
	attempt         int32
}

// inbox collects deliveries, without what the client sent again.
type inbox struct {
	mu     sync.Mutex
	all    []delivery
	resent brokertest.Resends
}

func (i *inbox) add(m *primitive.MessageExt) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.resent.Has(m) {
		return
	}
	i.all = append(i.all, delivery{string(m.Body), m.GetProperty("gray_env"), m.Topic, m.ReconsumeTimes})
}

func (i *inbox) has(want ...delivery) func() bool {
	return func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		for _, w := range want {
			found := false
			for _, d := range i.all {
				found = found || d == w
			}
			if !found {
				return false
			}
		}
		return true
	}
}

func (i *inbox) list() []delivery {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]delivery(nil), i.all...)
}

// consume starts a bare client consumer by a plan, without a wrapper. fails says
// which deliveries are to be retried; at most two.
func consume(t *testing.T, b *brokertest.Broker, plan isolation.Plan, fails func(*primitive.MessageExt) bool, options ...consumer.Option) *inbox {
	t.Helper()
	box := &inbox{}
	all := append([]consumer.Option{
		consumer.WithNameServer([]string{b.NameServer}), consumer.WithGroupName(plan.Group), consumer.WithInstance(t.Name() + plan.Group),
		consumer.WithMaxReconsumeTimes(2), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	}, options...)
	c, err := mq.NewPushConsumer(all...)
	require.NoError(t, err)
	selector := consumer.MessageSelector{Type: consumer.ExpressionType(plan.Selector.Type), Expression: plan.Selector.Expression}
	require.NoError(t, c.Subscribe(plan.Topic, selector, func(ctx context.Context, ms ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		concurrently, _ := primitive.GetConcurrentlyCtx(ctx)
		concurrently.DelayLevelWhenNextConsume = 1
		for _, m := range ms {
			if m.ReconsumeTimes == 0 && !plan.Filter.Accept(m.GetProperty("gray_env"), 0) {
				continue
			}
			box.add(m)
			if fails(m) {
				return consumer.ConsumeRetryLater, nil
			}
		}
		return consumer.ConsumeSuccess, nil
	}))
	require.NoError(t, c.Start())
	t.Cleanup(func() { require.NoError(t, c.Shutdown()) })
	return box
}

// TestRetriesStayInTheirEnvironment: with both schemes a message that fails is
// delivered again to the group that failed, with its property, and ends in that
// group's dead letters.
func TestRetriesStayInTheirEnvironment(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		for _, name := range []isolation.Name{isolation.NameSQL92, isolation.NameProperty} {
			t.Run(string(name), func(t *testing.T) {
				scheme, err := isolation.New(name, "")
				require.NoError(t, err)
				topic, group, p := b.Topic(t, "ORDER", 1), b.Group(t, "order"), sender(t, b)
				box := map[string]*inbox{}
				plans := map[string]isolation.Plan{}
				for _, home := range []string{"", "gray"} {
					plan, err := scheme.Take(isolation.Strict(), isolation.Consumer{Topic: topic, Group: group, Home: home}, time.Now())
					require.NoError(t, err)
					b.CreateTopic(t, plan.Retry, 1)
					box[home] = consume(t, b, plan, func(m *primitive.MessageExt) bool {
						return string(m.Body) == "twice" && m.ReconsumeTimes < 1 || string(m.Body) == "never"
					})
					plans[home] = plan
				}
				for _, env := range []string{"", "gray"} {
					for _, key := range []string{"once", "twice", "never"} {
						send(t, p, topic, key, map[string]string{"gray_env": env})
					}
				}
				for _, home := range []string{"", "gray"} {
					want := []delivery{
						{"once", home, topic, 0},
						{"twice", home, topic, 0},
						{"twice", home, topic, 1},
						{"never", home, topic, 0},
						{"never", home, topic, 1},
						{"never", home, topic, 2},
					}
					require.Eventually(t, box[home].has(want...), patience, 20*time.Millisecond, "home %q", home)
					letters := isolation.Plan{Topic: plans[home].DeadLetter}
					require.Eventually(t, func() bool { return len(peek(t, b, letters.Topic, group)) == 1 }, patience, 50*time.Millisecond)
					require.Equal(t, map[string]bool{"never": true}, peek(t, b, letters.Topic, group))
					require.Len(t, box[home].list(), len(want), "home %q", home)
				}
			})
		}
	})
}

// TestATwinBeginsWhereItsPlanSays, on a young topic, where the client's own setting
// does nothing: all that was sent is still in the broker's memory.
func TestATwinBeginsWhereItsPlanSays(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic, group, p := b.Topic(t, "ORDER", 1), b.Group(t, "order"), sender(t, b)
		gray := map[string]string{"gray_env": "gray"}
		send(t, p, topic, "old", gray)
		send(t, p, topic, "old too", gray)
		<-time.After(3 * time.Millisecond) // brokers stamp messages in milliseconds
		cut := time.Now()
		send(t, p, topic, "mid", gray)
		send(t, p, topic, "mid too", gray)
		require.Eventually(t, func() bool { return len(pull(t, b, topic, group, isolation.Selector{})) == 4 }, patience, time.Millisecond)
		selector := isolation.Selector{Type: isolation.SelectorSQL92, Expression: "gray_env = 'gray'"}
		boxes := map[isolation.StartWhere]*inbox{}
		for _, start := range []isolation.Start{{Where: isolation.StartFirst}, {Where: isolation.StartTime, Time: cut}, {Where: isolation.StartLast}} {
			name := fmt.Sprint(group, start.Where)
			placed, err := position.Place(t.Context(), nil, position.Group{NameServers: []string{b.NameServer}, Topic: topic, Name: name}, start)
			require.NoError(t, err)
			require.Equal(t, start.Where != isolation.StartFirst, placed)
			boxes[start.Where] = consume(t, b, isolation.Plan{Topic: topic, Group: name, Selector: selector}, func(*primitive.MessageExt) bool { return false })
		}
		send(t, p, topic, "new", gray)
		for where, want := range map[isolation.StartWhere][]string{
			isolation.StartFirst: {"old", "old too", "mid", "mid too", "new"},
			isolation.StartTime:  {"mid", "mid too", "new"},
			isolation.StartLast:  {"new"},
		} {
			for _, key := range want {
				require.Eventually(t, boxes[where].has(delivery{key, "gray", topic, 0}), patience, 20*time.Millisecond, "start %d: %s", where, key)
			}
			var got []string
			for _, d := range boxes[where].list() {
				got = append(got, d.key)
			}
			if where == isolation.StartTime && b.Version == brokertest.V4 {
				got = slices.DeleteFunc(got, func(key string) bool { return key == "old too" }) // 4.x may begin one early
			}
			require.ElementsMatch(t, want, got, "start %d", where)
		}
		// A group that is known stays where it is.
		placed, err := position.Place(t.Context(), nil, position.Group{NameServers: []string{b.NameServer}, Topic: topic, Name: fmt.Sprint(group, isolation.StartTime)}, isolation.Start{Where: isolation.StartLast})
		require.NoError(t, err)
		require.False(t, placed)
	})
}
