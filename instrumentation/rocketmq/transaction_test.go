package rocketmq_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
)

// ledger is a transaction listener: it leaves every transaction open until it is
// asked, and then commits those whose body says so.
type ledger struct {
	mu       sync.Mutex
	executed map[string]taken
	checked  map[string]taken
}

func (l *ledger) ExecuteLocalTransaction(ctx context.Context, m *primitive.Message) primitive.LocalTransactionState {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.executed[string(m.Body)] = taken{tag: envtag.FromContext(ctx), span: trace.SpanContextFromContext(ctx)}
	if string(m.Body) == "at once" {
		return primitive.CommitMessageState
	}
	return primitive.UnknowState
}

func (l *ledger) CheckLocalTransaction(ctx context.Context, m *primitive.MessageExt) primitive.LocalTransactionState {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checked[string(m.Body)] = taken{tag: envtag.FromContext(ctx), span: trace.SpanContextFromContext(ctx)}
	if string(m.Body) == "commit" {
		return primitive.CommitMessageState
	}
	return primitive.RollbackMessageState
}

func (l *ledger) asked(body string) (taken, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.checked[body]
	return c, ok
}

// TestTransactions starts a baseline and a gray producer of one group, the baseline
// one first: each must be asked about its own transactions, and in their context.
func TestTransactions(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic, group := b.Topic(t, "TX", 1), b.Group(t, "tx")
		_, box := reader(t, b, topic)
		ledgers := map[string]*ledger{}
		works := map[string]*workload{}
		for _, home := range []string{"", "gray"} {
			l := &ledger{executed: map[string]taken{}, checked: map[string]taken{}}
			w := newWorkload(t, "payer", home)
			p, err := rocketmq.NewTransactionProducer(w.config(), l, producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName(group))
			require.NoError(t, err)
			require.NoError(t, p.Start())
			t.Cleanup(func() { require.NoError(t, p.Shutdown()) })
			ledgers[home], works[home] = l, w
			for _, body := range []string{"at once", "commit", "roll back"} {
				ctx, root := w.tp.Tracer("test").Start(tagged(t, home), "root")
				result, err := p.SendMessageInTransaction(ctx, message(topic, body))
				require.NoError(t, err)
				require.NotEmpty(t, result.MsgID)
				require.Equal(t, root.SpanContext(), l.executed[body].span)
				root.End()
			}
		}
		box.wait(t, 4)
		for home, l := range ledgers {
			require.Eventually(t, func() bool { _, ok := l.asked("roll back"); return ok }, patience, pace)
			sends := works[home].named("send " + topic)
			require.Len(t, sends, 3)
			require.Equal(t, "transaction", attr(sends[0], "messaging.rocketmq.message.type").AsString())
			for i, body := range []string{"commit", "roll back"} {
				got, _ := l.asked(body)
				require.Equal(t, home, got.tag)
				require.Equal(t, sends[i+1].SpanContext().TraceID(), got.span.TraceID())
			}
			require.Eventually(t, func() bool { return len(works[home].named("check "+topic)) >= 2 }, patience, pace)
			for _, s := range works[home].named("check " + topic) {
				require.Equal(t, home, attr(s, "gray.env").AsString())
				require.True(t, slices.ContainsFunc(sends, func(send readOnlySpan) bool { return s.Parent().SpanID() == send.SpanContext().SpanID() }))
			}
		}
		require.NotContains(t, box.bodies(), "roll back")
	})
}

func TestTransactionRefused(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, "payer", "")
	p, err := rocketmq.NewTransactionProducer(w.config(), &ledger{}, producer.WithNameServer([]string{"127.0.0.1:1"}))
	require.NoError(t, err)
	_, err = p.SendMessageInTransaction(context.Background(), message("", "x"))
	require.Error(t, err)
	bad := message("T", "x")
	bad.WithProperty("k", "\x01")
	_, err = p.SendMessageInTransaction(context.Background(), bad)
	require.ErrorIs(t, err, rocketmq.ErrProperty)
	_, err = rocketmq.NewTransactionProducer(rocketmq.Config{Home: "not a tag"}, &ledger{})
	require.Error(t, err)
}
