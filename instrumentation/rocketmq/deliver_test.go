package rocketmq_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// TestRetries fails a message until it is dead: every attempt, and the dead letter,
// keep tag, context and group. The topic of retries comes after the consumer, so the
// first retry would come after 40 s with the client alone.
func TestRetries(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic := b.Topic(t, "RETRY", 1)
		group := strings.Replace(topic, "RETRY", "retry", 1) // nobody made its retry topic
		b.CreateTopic(t, "%DLQ%"+group+"_gray", 1)
		sender, w, box := newWorkload(t, "sender", "gray"), newWorkload(t, "receiver", "gray"), &inbox{}
		cfg := w.config()
		cfg.Scheme, cfg.Rules = scheme, strict()
		c := w.push(t, b, cfg, group, consumer.WithMaxReconsumeTimes(2))
		require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			box.add(ctx, msgs...)
			if slow, ok := primitive.GetConcurrentlyCtx(ctx); ok {
				slow.DelayLevelWhenNextConsume = 1
			}
			if msgs[0].ReconsumeTimes == 0 {
				return consumer.ConsumeRetryLater, errors.New("not yet")
			}
			return consumer.ConsumeRetryLater, nil
		}))
		started := time.Now()
		require.NoError(t, c.Start())
		// The broker makes it too, but 4.9.7 may not register what it makes while another
		// test creates a topic: both then have one version, and the second is no change.
		b.Retries(t, group+"_gray")
		p := sender.producer(t, b)
		sent, err := p.SendSync(tagged(t, "gray"), message(topic, "x"))
		require.NoError(t, err)
		box.wait(t, 3)
		note(t, "dead after %s", time.Since(started).Round(time.Millisecond))

		dead := &inbox{}
		undertaker := newWorkload(t, "undertaker", "gray")
		d := undertaker.push(t, b, undertaker.config(), b.Group(t, "bury"))
		require.Eventually(t, func() bool {
			return d.Subscribe("%DLQ%"+group+"_gray", consumer.MessageSelector{}, dead.handle) == nil && d.Start() == nil
		}, patience, 100*time.Millisecond)
		dead.wait(t, 1)

		send := sender.named("send " + topic)[0]
		spans := map[int64]readOnlySpan{} // by attempt: what was sent back twice has one too many
		require.Eventually(t, func() bool {
			for _, s := range w.named("process " + topic) {
				spans[attr(s, "gray.message.attempt").AsInt64()] = s
			}
			return len(spans) >= 3
		}, patience, pace)
		require.Len(t, spans, 3)
		for attempt, s := range spans {
			require.Contains(t, []int64{1, 2, 3}, attempt)
			require.Equal(t, "gray", attr(s, "gray.env").AsString())
			require.Equal(t, send.SpanContext().SpanID(), s.Parent().SpanID())
			require.Equal(t, sent.MsgID, attr(s, "messaging.message.id").AsString())
			require.Equal(t, group+"_gray", attr(s, "messaging.consumer.group.name").AsString())
			require.Equal(t, codes.Error, s.Status().Code)
		}
		require.Equal(t, "*errors.errorString", attr(spans[1], "error.type").AsString())
		require.Equal(t, "consume_retry_later", attr(spans[2], "error.type").AsString())
		require.Equal(t, "gray", dead.all()[0].tag)
		require.Equal(t, sent.MsgID, dead.all()[0].ids[0])
	})
}

// TestOrderly sends two environments' messages to one queue.
func TestOrderly(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "FIFO", 2), b.Group(t, "fifo")
		boxes := map[string]*inbox{"": {}, "gray": {}}
		for home, box := range boxes {
			w := newWorkload(t, "receiver", home)
			cfg := w.config()
			cfg.Scheme, cfg.Rules = scheme, strict()
			c := w.push(t, b, cfg, group, consumer.WithConsumerOrder(true), consumer.WithConsumeMessageBatchMaxSize(3))
			failed := false
			require.NoError(t, c.SubscribeEach(topic, consumer.MessageSelector{}, func(ctx context.Context, m *primitive.MessageExt) (consumer.ConsumeResult, error) {
				if string(m.Body) == home+"5" && !failed { // and once again
					failed = true
					return consumer.SuspendCurrentQueueAMoment, nil
				}
				box.add(ctx, m)
				return consumer.ConsumeSuccess, nil
			}))
			require.NoError(t, c.Start())
		}
		w := newWorkload(t, "sender", "")
		p := w.producer(t, b, producer.WithQueueSelector(producer.NewHashQueueSelector()))
		want := map[string][]string{}
		for i := range 20 {
			for _, tag := range []string{"", "gray"} {
				body := fmt.Sprint(tag, i)
				want[tag] = append(want[tag], body)
				_, err := p.SendSync(tagged(t, tag), message(topic, body).WithShardingKey("one"))
				require.NoError(t, err)
			}
		}
		for tag, box := range boxes {
			require.Eventually(t, func() bool { return slices.Contains(box.bodies(), want[tag][19]) }, patience, 50*time.Millisecond)
			require.Equal(t, want[tag], firstSight(box.bodies()))
		}
	})
}

// firstSight leaves out repetitions.
func firstSight(all []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func TestDelay(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "LATER", 1)
		_, box := reader(t, b, topic)
		w := newWorkload(t, "sender", "gray")
		p := w.producer(t, b)
		sent := time.Now()
		_, err := p.SendSync(tagged(t, "gray"), message(topic, "x").WithDelayTimeLevel(1))
		require.NoError(t, err)
		box.wait(t, 1)
		require.GreaterOrEqual(t, time.Since(sent), 900*time.Millisecond)
		require.Equal(t, "gray", box.all()[0].tag)
		span := w.named("send " + topic)[0]
		require.EqualValues(t, 1, attr(span, "messaging.rocketmq.message.delay_time_level").AsInt64())
		require.Equal(t, span.SpanContext().TraceID(), box.all()[0].span.TraceID())
	})
}

// TestMixedBatch lets a baseline group that serves gray by fallback take batches.
func TestMixedBatch(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "MIXED", 1)
		sender := newWorkload(t, "sender", "")
		p := sender.producer(t, b)
		member, err := baggage.NewMember("user", "u1")
		require.NoError(t, err)
		bag, err := baggage.New(member)
		require.NoError(t, err)
		for i := range 6 {
			ctx, err := envtag.ContextWith(baggage.ContextWithBaggage(context.Background(), bag), []string{"", "gray", "blue"}[i%3])
			require.NoError(t, err)
			_, err = p.SendSync(ctx, message(topic, fmt.Sprint(i)))
			require.NoError(t, err)
		}
		w, box := newWorkload(t, "receiver", ""), &inbox{}
		users := map[string]string{} // by message
		c := w.push(t, b, w.config(), b.Group(t, "mixed"), consumer.WithConsumeMessageBatchMaxSize(6), consumer.WithConsumeGoroutineNums(1))
		require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			for _, m := range msgs {
				one := rocketmq.MessageContext(ctx, nil, m)
				users[m.MsgId] = baggage.FromContext(one).Member("user").Value() + envtag.FromContext(one)
				if trace.SpanFromContext(one) != trace.SpanFromContext(ctx) {
					users[m.MsgId] += " in another span"
				}
			}
			return box.handle(ctx, msgs...)
		}))
		require.NoError(t, c.Start())
		box.wait(t, 6)
		require.NoError(t, c.Shutdown()) // what was sent again may still come
		got := map[string][]string{}
		for _, call := range box.all() {
			got[call.tag] = append(got[call.tag], call.bodies...)
		}
		require.Equal(t, map[string][]string{"": {"0", "3"}, "gray": {"1", "4"}, "blue": {"2", "5"}}, got)
		require.ElementsMatch(t, []string{"u1", "u1", "u1gray", "u1gray", "u1blue", "u1blue"}, slices.Collect(maps.Values(users)))
		for _, s := range w.named("process " + topic) {
			tag := attr(s, "gray.env").AsString()
			for _, l := range s.Links() {
				if tag != "" && len(s.Links()) > 1 {
					require.Contains(t, l.Attributes, envtagAttribute(tag))
				}
			}
			if len(s.Links()) > 1 {
				require.False(t, s.Parent().IsValid())
				require.EqualValues(t, len(s.Links()), attr(s, "messaging.batch.message_count").AsInt64())
			}
		}
	})
}

// TestFailedNeighbours fails batches while messages of the other environment lie
// between: these must not come back with the failed ones.
func TestFailedNeighbours(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "NEXT", 1), b.Group(t, "next")
		b.Retries(t, group+"_gray")
		sender := newWorkload(t, "sender", "")
		p := sender.producer(t, b)
		var want []string
		for i := range 10 {
			_, err := p.SendSync(tagged(t, []string{"", "gray"}[i%2]), message(topic, fmt.Sprint(i)))
			require.NoError(t, err)
			if i%2 == 1 {
				want = append(want, fmt.Sprint(i))
			}
		}
		w, box := newWorkload(t, "receiver", "gray"), &inbox{}
		cfg := w.config()
		cfg.Scheme, cfg.Rules = scheme, strict()
		c := w.push(t, b, cfg, group, consumer.WithConsumeMessageBatchMaxSize(10))
		require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			if slow, ok := primitive.GetConcurrentlyCtx(ctx); ok {
				slow.DelayLevelWhenNextConsume = 1
			}
			if msgs[0].ReconsumeTimes == 0 {
				return consumer.ConsumeRetryLater, nil
			}
			return box.handle(ctx, msgs...)
		}))
		require.NoError(t, c.Start())
		box.wait(t, 5)
		require.ElementsMatch(t, want, box.bodies())
	})
}
