package rocketmq_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
)

// responder answers every request of a topic with its body in capitals.
func responder(t *testing.T, b *brokertest.Broker, topic string) *inbox {
	t.Helper()
	w, box := newWorkload(t, "responder", ""), &inbox{}
	p := w.producer(t, b)
	c := w.push(t, b, w.config(), b.Group(t, "respond"))
	require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		box.add(ctx, msgs...)
		reply, err := consumer.CreateReplyMessage(msgs[0], nil)
		if err != nil {
			return consumer.ConsumeRetryLater, err
		}
		reply.Body = append([]byte("re: "), msgs[0].Body...)
		if _, err := p.SendSync(ctx, reply); err != nil {
			return consumer.ConsumeRetryLater, err
		}
		return consumer.ConsumeSuccess, nil
	}))
	require.NoError(t, c.Start())
	return box
}

func TestRequest(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "ASK", 1)
		box := responder(t, b, topic)
		w := newWorkload(t, "asker", "gray")
		p := w.producer(t, b)
		ctx := tagged(t, "gray")

		reply, err := p.Request(ctx, patience, message(topic, "one"))
		require.NoError(t, err)
		require.Equal(t, "re: one", string(reply.Body))

		replies := make(chan string, 2)
		require.NoError(t, p.RequestAsync(ctx, patience, func(_ context.Context, m *primitive.Message, err error) {
			if err != nil {
				replies <- err.Error()
				return
			}
			replies <- string(m.Body)
		}, message(topic, "two")))
		require.Equal(t, "re: two", <-replies)
		ids := map[string]string{}
		for _, c := range box.all() {
			require.Equal(t, "gray", c.tag)
			ids[c.ids[0]] = c.bodies[0]
		}
		// A reply fails, and its request is consumed again, until the broker has the
		// first heartbeat of the asking producer; so count messages, not deliveries.
		require.Len(t, ids, 2, "each request was sent once")

		_, err = p.Request(ctx, 200*time.Millisecond, message(b.Topic(t, "NOBODY", 1), "x"))
		require.ErrorContains(t, err, "timeout")
	})
}

// pass is an interceptor that changes nothing.
func pass(ctx context.Context, req, reply any, next primitive.Invoker) error {
	return next(ctx, req, reply)
}

// TestRequestWithInterceptor shows the client's faults (v2.1.2) and that a producer
// that would have them is refused.
func TestRequestWithInterceptor(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V5)
	topic := b.Topic(t, "ASK", 1)
	box := responder(t, b, topic)

	const nothing = "<nil> <nil> <nil>\n"
	said := ""
	for try := 0; said != nothing && try < 5; try++ { // a busy machine may need more than one
		said = rawRequests(t, b.NameServer, topic)
	}
	require.Equal(t, nothing, said, "the client returns neither reply nor error")
	require.Eventually(t, func() bool {
		return slices.Contains(box.bodies(), "lost reply") && slices.Contains(box.sentAgain(), "twice")
	}, patience, pace)

	w := newWorkload(t, "asker", "")
	p := w.producer(t, b, producer.WithInterceptor(pass))
	_, err := p.Request(context.Background(), time.Second, message(topic, "x"))
	require.ErrorIs(t, err, rocketmq.ErrRequest)
	require.ErrorIs(t, p.RequestAsync(context.Background(), time.Second, nil, message(topic, "x")), rocketmq.ErrRequest)
	_, err = p.SendSync(context.Background(), message(topic, "interceptors are welcome otherwise"))
	require.NoError(t, err)
}

// rawRequesterEnv makes this test binary ask with the client's own requests.
const rawRequesterEnv = "DYETRACE_TEST_RAW_REQUESTER"

func rawRequesterMain(config string) error {
	server, topic, _ := strings.Cut(config, " ")
	p, err := client.NewProducer(producer.WithNameServer([]string{server}), producer.WithGroupName("raw"), producer.WithInterceptor(pass))
	if err != nil {
		return err
	}
	if err := p.Start(); err != nil {
		return err
	}
	reply, err := p.Request(context.Background(), patience, message(topic, "lost reply"))
	async := p.RequestAsync(context.Background(), patience, func(context.Context, *primitive.Message, error) {}, message(topic, "twice"))
	fmt.Println(reply, err, async)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends: replies are on their way
	return nil
}

// rawRequests starts the process and returns what it says: nothing if it has ended,
// as the client ends it when an acknowledgement takes more than 3 s.
func rawRequests(t *testing.T, server, topic string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), rawRequesterEnv+"="+server+" "+topic)
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // the end of the test's context has ended it
	said, _ := bufio.NewReader(out).ReadString('\n')
	return said
}
