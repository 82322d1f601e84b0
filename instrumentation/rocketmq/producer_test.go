package rocketmq_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
)

// reader starts a consumer that takes everything of a topic.
func reader(t *testing.T, b *brokertest.Broker, topic string) (*workload, *inbox) {
	t.Helper()
	w, box := newWorkload(t, "reader", ""), &inbox{}
	c := w.push(t, b, w.config(), b.Group(t, "read"))
	require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
	require.NoError(t, c.Start())
	return w, box
}

func TestEveryWayToSend(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "ORDER", 2)
		readerSpans, box := reader(t, b, topic)
		w := newWorkload(t, "sender", "gray")
		p := w.producer(t, b)
		ctx := tagged(t, "gray")
		ctx, root := w.tp.Tracer("test").Start(ctx, "root")

		_, err := p.SendSync(ctx, message(topic, "sync"))
		require.NoError(t, err)
		require.NoError(t, p.SendOneWay(ctx, message(topic, "oneway")))
		called := make(chan error, 2)
		for _, msgs := range [][]*primitive.Message{{message(topic, "async")}, {message(topic, "async1"), message(topic, "async2")}} {
			cancellable, cancel := context.WithCancel(ctx)
			require.NoError(t, p.SendAsync(cancellable, func(cbCtx context.Context, r *primitive.SendResult, err error) {
				if err == nil && cbCtx.Err() == nil && r.Status == primitive.SendOK && trace.SpanContextFromContext(cbCtx).Equal(root.SpanContext()) {
					called <- nil
					return
				}
				called <- err
			}, msgs...))
			cancel() // what is under way goes on
		}
		require.NoError(t, <-called)
		require.NoError(t, <-called)
		_, err = p.SendSync(ctx, message(topic, "batch1"), message(topic, "batch2").WithTag("B"))
		require.NoError(t, err)
		root.End()

		box.wait(t, 7)
		require.ElementsMatch(t, []string{"sync", "oneway", "async", "async1", "async2", "batch1", "batch2"}, box.bodies())
		for _, call := range box.all() {
			require.Equal(t, "gray", call.tag, call.bodies)
			require.Equal(t, root.SpanContext().TraceID(), call.span.TraceID(), call.bodies)
		}
		require.Len(t, w.named("create "+topic), 4)
		require.Len(t, w.named("send "+topic), 5)

		parents := map[trace.SpanID]bool{}
		for _, s := range readerSpans.await(t, "process "+topic, 7) {
			parents[s.Parent().SpanID()] = true
		}
		require.Len(t, parents, 7, "each message has a context of its own")
		for _, s := range w.named("send " + topic) {
			require.Equal(t, "gray", attr(s, "gray.env").AsString())
			if len(s.Links()) == 0 {
				require.Equal(t, trace.SpanKindProducer, s.SpanKind())
				require.Equal(t, []string{"gray"}, attr(s, "messaging.header.gray_env").AsStringSlice())
				require.True(t, parents[s.SpanContext().SpanID()])
				continue
			}
			require.Equal(t, trace.SpanKindClient, s.SpanKind())
			require.EqualValues(t, 2, attr(s, "messaging.batch.message_count").AsInt64())
			for _, l := range s.Links() {
				require.True(t, parents[l.SpanContext.SpanID()])
				require.Len(t, l.Attributes, 2)
			}
		}
	})
}

// TestContextAloneDecides sends a message on that still has another one's context.
func TestContextAloneDecides(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V5)
	topic := b.Topic(t, "FORWARD", 1)
	_, box := reader(t, b, topic)
	w := newWorkload(t, "sender", "")
	p := w.producer(t, b)

	m := message(topic, "first")
	_, err := p.SendSync(tagged(t, "gray"), m)
	require.NoError(t, err)
	require.Equal(t, "gray", m.GetProperty("gray_env"))
	require.NotEmpty(t, m.GetProperty("baggage"))

	again := message(topic, "second")
	again.WithProperties(m.GetProperties())
	again.RemoveProperty(primitive.PropertyUniqueClientMessageIdKeyIndex)
	_, err = p.SendSync(context.Background(), again)
	require.NoError(t, err)
	require.Empty(t, again.GetProperty("gray_env"))
	require.Empty(t, again.GetProperty("baggage"))
	require.NotEqual(t, m.GetProperty("traceparent"), again.GetProperty("traceparent"))

	box.wait(t, 2)
	tags := map[string]string{}
	for _, call := range box.all() {
		tags[call.bodies[0]] = call.tag
	}
	require.Equal(t, map[string]string{"first": "gray", "second": ""}, tags)
}

func TestSeparatorsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, "sender", "")
	p, err := rocketmq.NewProducer(w.config(), producer.WithNameServer([]string{"127.0.0.1:1"}))
	require.NoError(t, err)
	for _, value := range []string{"a\x02b\x01c", "\x01", "x\x02"} {
		bad := message("T", "x")
		bad.WithProperty("k", value)
		_, err := p.SendSync(context.Background(), bad)
		require.ErrorIs(t, err, rocketmq.ErrProperty)
		require.ErrorContains(t, err, `"k"`)
		_, err = p.SendSync(context.Background(), message("T", "good"), bad)
		require.ErrorIs(t, err, rocketmq.ErrProperty)
		require.ErrorIs(t, p.SendOneWay(context.Background(), bad), rocketmq.ErrProperty)
		require.ErrorIs(t, p.SendAsync(context.Background(), nil, bad), rocketmq.ErrProperty)
	}
	require.Empty(t, w.spans.Started())
	require.NoError(t, p.Shutdown())
	require.ErrorIs(t, p.SendAsync(context.Background(), nil, message("T", "x")), rocketmq.ErrClosed)
}

// TestClientCorruptsSeparators shows the client's fault that the refusal is for.
func TestClientCorruptsSeparators(t *testing.T) {
	t.Parallel()
	m := message("T", "x")
	m.WithProperty("bad", "a\x02b\x01c")
	var got primitive.Message
	got.UnmarshalProperties([]byte(m.MarshallProperties()))
	require.Equal(t, map[string]string{"bad": "a", "b": "c"}, got.GetProperties())
}

func TestRefusedMessages(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, "sender", "")
	p, err := rocketmq.NewProducer(w.config(), producer.WithNameServer([]string{"127.0.0.1:1"}))
	require.NoError(t, err)
	for name, msgs := range map[string][]*primitive.Message{
		"none": {}, "nil": {nil}, "no topic": {message("", "x")}, "two topics": {message("A", "x"), message("B", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.SendSync(context.Background(), msgs...)
			require.Error(t, err)
			require.Error(t, p.SendOneWay(context.Background(), msgs...))
			require.Error(t, p.SendAsync(context.Background(), nil, msgs...))
		})
	}
	require.Empty(t, w.spans.Started())
}

// TestMuteBroker sends to a broker that is frozen: the client's own SendAsync ends
// the process, which a child shows.
func TestMuteBroker(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, brokertest.V5)
	topic := b.Topic(t, "MUTE", 1)
	w := newWorkload(t, "sender", "")
	p := w.producer(t, b, producer.WithRetry(0))
	require.Eventually(t, func() bool { // one try has 3 s, and a new JVM may need more
		_, err := p.SendSync(context.Background(), message(topic, "warm"))
		return err == nil
	}, patience, pace)
	warm := len(w.named("send " + topic))
	crash := rawSender(t, b.NameServer, topic)
	b.Pause(t)
	defer b.Resume(t)
	crashed := make(chan string, 1)
	go func() { crashed <- crash() }()

	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []string
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, fmt.Sprint(err))
		wg.Done()
	}
	wg.Add(4)
	require.NoError(t, p.SendAsync(context.Background(), func(_ context.Context, r *primitive.SendResult, err error) {
		if r == nil {
			note(err)
		}
	}, message(topic, "x")))
	require.NoError(t, p.RequestAsync(context.Background(), time.Second, func(_ context.Context, _ *primitive.Message, err error) { note(err) }, message(topic, "x")))
	go func() {
		_, err := p.Request(context.Background(), 4*time.Second, message(topic, "x"))
		note(err)
	}()
	go func() {
		_, err := p.SendSync(context.Background(), message(topic, "x"))
		note(err)
	}()
	wg.Wait()
	require.Len(t, errs, 4)
	for _, e := range errs {
		require.True(t, strings.Contains(e, "timeout") || strings.Contains(e, "time out"), e)
	}
	for _, s := range w.named("send " + topic)[warm:] {
		require.NotEmpty(t, attr(s, "error.type").AsString())
	}
	require.Contains(t, <-crashed, "invalid memory address or nil pointer dereference", "the client's own SendAsync ends the process")
}

// rawSenderEnv makes this test binary send with the client's own SendAsync.
const rawSenderEnv = "DYETRACE_TEST_RAW_SENDER"

func rawSenderMain(config string) error {
	server, topic, _ := strings.Cut(config, " ")
	p, err := client.NewProducer(producer.WithNameServer([]string{server}), producer.WithGroupName("raw"))
	if err != nil {
		return err
	}
	if err := p.Start(); err != nil {
		return err
	}
	if _, err := p.SendSync(context.Background(), message(topic, "warm")); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	calls := make(chan error, 2)
	if err := p.SendAsync(context.Background(), func(_ context.Context, _ *primitive.SendResult, err error) { calls <- err }, message(topic, "x")); err != nil {
		return err
	}
	for {
		fmt.Fprintln(os.Stderr, "called back:", <-calls)
	}
}

// rawSender starts the process. What it returns makes it send, and returns what
// it wrote when it ended.
func rawSender(t *testing.T, server, topic string) func() string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), rawSenderEnv+"="+server+" "+topic)
	var written bytes.Buffer
	cmd.Stderr = &written
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return func() string {
		_, _ = in.Write([]byte("go\n"))
		if err := cmd.Wait(); err == nil {
			return "it ended well: " + written.String()
		}
		return written.String()
	}
}

func TestSendAsyncWaitsForASlot(t *testing.T) {
	t.Parallel()
	b := brokers.Get(t, brokertest.V4)
	topic := b.Topic(t, "SLOTS", 1)
	w := newWorkload(t, "sender", "")
	cfg := w.config()
	cfg.AsyncSends = 1
	p, err := rocketmq.NewProducer(cfg, producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName(b.Group(t, "send")))
	require.NoError(t, err)
	require.NoError(t, p.Start())
	entered, leave := make(chan struct{}), make(chan struct{})
	require.NoError(t, p.SendAsync(context.Background(), func(context.Context, *primitive.SendResult, error) {
		close(entered)
		<-leave
	}, message(topic, "a")))
	<-entered
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.SendAsync(cancelled, nil, message(topic, "b")), context.Canceled)
	close(leave)
	require.NoError(t, p.Shutdown())
}
