package rocketmq_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
)

const clientModule = "github.com/apache/rocketmq-client-go/v2/"

// known are the goroutines that the client (v2.1.2) leaves behind.
var known = []goleak.Option{
	// Timers of a consumer's statistics: they sleep first, up to a day, and look for
	// the end afterwards.
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*statsItemSet).init.func4"),
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*statsItemSet).init.func5"),
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*statsItemSet).init.func6"),
	// The cleaner of a concurrent consumer sleeps its ConsumeTimeout (15 min) first.
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*pushConsumer).Start.func1.2"),
	// Tasks of a connection sleep up to 10 s first.
	goleak.IgnoreAnyFunction(clientModule + "internal.(*rmqClient).Start.func1.1"),
	goleak.IgnoreAnyFunction(clientModule + "internal.(*rmqClient).Start.func1.3"),
	goleak.IgnoreAnyFunction(clientModule + "internal.(*rmqClient).Start.func1.4"),
	// A long poll under way ends when the broker lets go of it, within 30 s.
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*pushConsumer).pullMessage"),
	goleak.IgnoreAnyFunction(clientModule + "consumer.(*defaultPullConsumer).pullMessage"),
	// Connections to name servers are not closed; they end unused after 120 s.
	goleak.IgnoreAnyFunction(clientModule + "internal/remote.(*remotingClient).receiveResponse"),
	// Waits for a transaction's questions for ever.
	goleak.IgnoreAnyFunction(clientModule + "producer.(*transactionProducer).checkTransactionState"),
}

// left bounds what one round of useEverything leaves behind: 15 timers for each of
// two consumers, and two dozen of the others (52 measured).
const left = 60

// TestNothingStays is not parallel: it counts goroutines.
func TestNothingStays(t *testing.T) {
	b := brokers.Get(t, brokertest.V5)
	topic := b.Topic(t, "STAY", 2)
	before, count := goleak.IgnoreCurrent(), runtime.NumGoroutine()
	const rounds = 3
	for range rounds {
		useEverything(t, b, topic)
	}
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); { // the client's rebalances end when they end
		if err = goleak.Find(append(known, before)...); err == nil {
			break
		}
	}
	require.NoError(t, err)
	note(t, "%d goroutines of the client's left after %d rounds", runtime.NumGoroutine()-count, rounds)
	require.LessOrEqual(t, runtime.NumGoroutine()-count, rounds*left)
}

// useEverything starts, uses and shuts down one of each.
func useEverything(t *testing.T, b *brokertest.Broker, topic string) {
	t.Helper()
	ctx := context.Background()
	servers := []string{b.NameServer}
	p, err := rocketmq.NewProducer(rocketmq.Config{}, producer.WithNameServer(servers), producer.WithGroupName(b.Group(t, "p")))
	require.NoError(t, err)
	require.NoError(t, p.Start())
	_, err = p.SendSync(ctx, message(topic, "x"))
	require.NoError(t, err)
	require.NoError(t, p.SendAsync(ctx, func(context.Context, *primitive.SendResult, error) {}, message(topic, "x")))

	tx, err := rocketmq.NewTransactionProducer(rocketmq.Config{}, &ledger{executed: map[string]taken{}}, producer.WithNameServer(servers), producer.WithGroupName(b.Group(t, "tx")))
	require.NoError(t, err)
	require.NoError(t, tx.Start())
	_, err = tx.SendMessageInTransaction(ctx, message(topic, "at once"))
	require.NoError(t, err)

	box := &inbox{}
	c, err := rocketmq.NewPushConsumer(rocketmq.Config{}, consumer.WithNameServer(servers), consumer.WithGroupName(b.Group(t, "c")), from)
	require.NoError(t, err)
	require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Start())
	box.wait(t, 3)

	pull, err := rocketmq.NewPullConsumer(rocketmq.Config{}, consumer.WithNameServer(servers), consumer.WithGroupName(b.Group(t, "l")), from)
	require.NoError(t, err)
	require.NoError(t, pull.Subscribe(topic, consumer.MessageSelector{}))
	require.NoError(t, pull.Start())
	require.Eventually(t, func() bool { _, err := pull.Poll(ctx, time.Second); return err == nil }, patience, pace)

	for _, shut := range []func() error{p.Shutdown, tx.Shutdown, c.Shutdown, pull.Shutdown} {
		require.NoError(t, shut())
	}
}
