package rocketmq_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/hooks"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

func (w *workload) pull(t *testing.T, b *brokertest.Broker, cfg rocketmq.Config, topic, group string, sel consumer.MessageSelector, opts ...consumer.Option) *rocketmq.PullConsumer {
	t.Helper()
	c, err := rocketmq.NewPullConsumer(cfg, append([]consumer.Option{consumer.WithNameServer([]string{b.NameServer}), consumer.WithGroupName(group), from}, opts...)...)
	require.NoError(t, err)
	require.NoError(t, c.Subscribe(topic, sel))
	require.NoError(t, c.Start())
	t.Cleanup(func() { require.NoError(t, c.Shutdown()) })
	return c
}

func TestPull(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "PULL", 1), b.Group(t, "pull")
		sender, w := newWorkload(t, "sender", ""), newWorkload(t, "puller", "gray")
		p := sender.producer(t, b)
		for _, tag := range []string{"gray", "", "gray"} {
			_, err := p.SendSync(tagged(t, tag), message(topic, "x"+tag).WithTag("A"))
			require.NoError(t, err)
		}
		cfg := w.config()
		cfg.Scheme, cfg.Rules = scheme, strict()
		polling := w.pull(t, b, cfg, topic, group, consumer.MessageSelector{Type: consumer.TAG, Expression: "A"})
		var got []string
		again := &brokertest.Resends{}
		require.Eventually(t, func() bool {
			r, err := polling.Poll(context.Background(), time.Second)
			if err != nil {
				return false
			}
			for _, m := range r.GetMsgList() {
				if again.Has(m) {
					continue
				}
				err := polling.Process(context.Background(), m, func(ctx context.Context) error {
					got = append(got, string(m.Body)+"/"+envtag.FromContext(ctx))
					return nil
				})
				if err != nil {
					return false
				}
			}
			polling.ACK(context.Background(), r, consumer.ConsumeSuccess)
			return len(got) >= 2
		}, patience, pace)
		require.Equal(t, []string{"xgray/gray", "xgray/gray"}, got)
		require.Len(t, w.named("process "+topic), 2)
		require.Equal(t, group+"_gray", attr(w.named("process " + topic)[0], "messaging.consumer.group.name").AsString())

		// A selector in SQL92: Pull and PullFrom only.
		sql := w.pull(t, b, cfg, topic, b.Group(t, "sql"), consumer.MessageSelector{Type: consumer.SQL92, Expression: "TAGS = 'A'"})
		_, err := sql.Poll(context.Background(), time.Second)
		require.ErrorIs(t, err, rocketmq.ErrPoll)
		var bodies []string
		require.Eventually(t, func() bool {
			r, err := sql.PullFrom(context.Background(), &primitive.MessageQueue{Topic: topic, BrokerName: "broker-a"}, 0, 32)
			if err != nil {
				return false
			}
			bodies = nil
			for _, m := range r.GetMessageExts() {
				if !again.Has(m) {
					bodies = append(bodies, string(m.Body))
				}
			}
			return len(bodies) > 0
		}, patience, pace)
		require.Equal(t, []string{"xgray", "xgray"}, bodies)
		failed := errors.New("work failed")
		require.ErrorIs(t, sql.Process(context.Background(), &primitive.MessageExt{Message: primitive.Message{Topic: topic}}, func(context.Context) error { return failed }), failed)
	})
}

func TestPullRefuses(t *testing.T) {
	t.Parallel()
	_, err := rocketmq.NewPullConsumer(rocketmq.Config{}, consumer.WithNameServer([]string{"127.0.0.1:1"}), consumer.WithFilterMessageHook([]hooks.FilterMessageHook{nil}))
	require.ErrorContains(t, err, "FilterHooks")
	c, err := rocketmq.NewPullConsumer(rocketmq.Config{}, consumer.WithNameServer([]string{"127.0.0.1:1"}), consumer.WithGroupName("g"))
	require.NoError(t, err)
	require.Error(t, c.Subscribe("T", consumer.MessageSelector{Type: consumer.SQL92, Expression: "a = 'x"}))
}
