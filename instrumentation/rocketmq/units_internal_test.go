package rocketmq

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tags          []string
		orderly, each bool
		want          [][]int
	}{
		"nothing":              {},
		"one tag":              {tags: []string{"a", "a"}, want: [][]int{{0, 1}}},
		"by tag":               {tags: []string{"a", "", "a", "b", ""}, want: [][]int{{0, 2}, {1, 4}, {3}}},
		"runs, in order":       {tags: []string{"a", "", "a", "a"}, orderly: true, want: [][]int{{0}, {1}, {2, 3}}},
		"each":                 {tags: []string{"a", "a"}, each: true, want: [][]int{{0}, {1}}},
		"each, also if orders": {tags: []string{"a", "b"}, orderly: true, each: true, want: [][]int{{0}, {1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ds := make([]delivery, len(c.tags))
			for i, tag := range c.tags {
				ds[i] = delivery{msg: &primitive.MessageExt{QueueOffset: int64(i)}, reading: reading{tag: tag}}
			}
			var got [][]int
			for _, part := range split(ds, c.orderly, c.each) {
				var at []int
				for _, d := range part {
					at = append(at, int(d.msg.QueueOffset))
				}
				got = append(got, at)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		require.True(t, g.enter())
		require.True(t, g.enter())
		require.False(t, g.close(time.Second), "two are inside")
		require.False(t, g.enter())
		g.leave()
		go func() {
			time.Sleep(time.Second) //nolint:forbidigo // synctest's clock
			g.leave()
		}()
		require.True(t, g.close(time.Minute))
		require.True(t, g.close(0))
		require.False(t, g.enter())
	})
	var empty gate
	require.True(t, empty.close(0))
}

// TestIntakeHoldsWhatIsNew closes an intake: what lies before a message that has
// begun is let in still, as the client commits offsets in order.
func TestIntakeHoldsWhatIsNew(t *testing.T) {
	t.Parallel()
	in := &intake{begun: map[primitive.MessageQueue]int64{}}
	enter := func(queue int, offset int64) bool {
		m := &primitive.MessageExt{QueueOffset: offset}
		m.Queue = &primitive.MessageQueue{Topic: "T", QueueId: queue}
		return in.enter([]*primitive.MessageExt{m})
	}
	require.True(t, enter(0, 7))
	in.gate.stop()
	require.False(t, enter(0, 8), "new")
	require.False(t, enter(1, 0), "of another queue")
	require.True(t, enter(0, 6))
	in.gate.leave()
	in.gate.leave()
	require.True(t, in.gate.close(0))
	require.True(t, enter(0, 5), "after all others")
	require.False(t, in.gate.empty())
	require.False(t, in.gate.close(0))
	in.gate.leave()
	require.True(t, in.gate.close(0))
	require.False(t, enter(0, 8))

	in.orderly = true
	require.False(t, enter(0, 5), "an orderly consumer has nothing before what it began")
}

// TestPatient derives the context that the client derives, and ends it as it does.
func TestPatient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		user, cancelUser := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		settled := 0
		p := newPatient(user, func() { settled++ })
		child, cancel := context.WithTimeout(p, 3*time.Second)
		require.Equal(t, "value", child.Value(key{}))
		cancelUser()
		time.Sleep(time.Minute) //nolint:forbidigo // synctest's clock
		require.NoError(t, child.Err(), "nothing but the client ends it")
		require.Zero(t, settled)
		cancel()
		require.ErrorIs(t, child.Err(), context.Canceled)
		require.Equal(t, 1, settled)
		cancel()
		p.release()
		require.Equal(t, 1, settled)
	})
	settled := 0
	never := newPatient(t.Context(), func() { settled++ })
	never.release()
	never.release()
	require.Equal(t, 1, settled, "settled though the client derived nothing")
}

// TestOptions guards what is read and set by reflection against another client.
func TestOptions(t *testing.T) {
	t.Parallel()
	share := func(string, string, []*primitive.MessageQueue, []string) []*primitive.MessageQueue { return nil }
	s, err := readConsumer([]consumer.Option{
		consumer.WithGroupName("g"), consumer.WithNamespace("ns"), consumer.WithInstance("i"), consumer.WithUnitName("u"),
		consumer.WithConsumerOrder(true), consumer.WithConsumerModel(consumer.BroadCasting), consumer.WithStrategy(share),
		consumer.WithCredentials(primitive.Credentials{AccessKey: "a"}), consumer.WithNameServer([]string{"127.0.0.1:9876"}),
		consumer.WithInterceptor(nil),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"127.0.0.1:9876"}, s.resolver.Resolve())
	s.resolver = nil
	require.Equal(t, settings{
		group: "g", namespace: "ns", instance: "i", unit: "u", orderly: true, broadcasting: true, interceptors: 1,
		credentials: primitive.Credentials{AccessKey: "a"},
	}, s)

	s, err = readConsumer(nil)
	require.NoError(t, err)
	require.Equal(t, "DEFAULT_CONSUMER", s.group)
	require.False(t, s.broadcasting)
	require.NotEqual(t, defaultInstance, s.instance)
	other, err := readConsumer(nil)
	require.NoError(t, err)
	require.NotEqual(t, s.instance, other.instance, "each has a connection of its own")

	type options struct{ GroupName string }
	var missing *fields
	last := lastOption[func(*options)](func(f *fields) { missing = f; f.get("GroupName"); f.get("Gone"); f.get("Gone2") })
	last(&options{})
	require.ErrorContains(t, missing.err, "no field Gone:")
}

func TestStartOfTwins(t *testing.T) {
	t.Parallel()
	at := func(s int) isolation.Start {
		return isolation.Start{Where: isolation.StartTime, Time: time.Unix(int64(s), 0)}
	}
	user, first, last := isolation.Start{}, isolation.Start{Where: isolation.StartFirst}, isolation.Start{Where: isolation.StartLast}
	for _, c := range []struct{ a, b, want isolation.Start }{
		{user, last, last},
		{last, user, last},
		{last, at(5), at(5)},
		{at(5), last, at(5)},
		{at(5), at(3), at(3)},
		{at(3), at(5), at(3)},
		{first, at(3), first},
		{at(3), first, first},
		{user, user, user},
	} {
		require.Equal(t, c.want, earlier(c.a, c.b))
	}
}

func TestTopicOf(t *testing.T) {
	t.Parallel()
	tel := &telemetry{namespace: "ns"}
	for topic, c := range map[string]struct{ of, want string }{
		"T": {want: "T"}, "ns%T": {want: "T"}, "%RETRY%g": {of: "ns%T", want: "T"}, "%DLQ%g": {want: "%DLQ%g"},
	} {
		m := &primitive.MessageExt{Message: primitive.Message{Topic: topic}}
		m.WithProperty(primitive.PropertyRetryTopic, c.of)
		require.Equal(t, c.want, tel.topic(m), topic)
	}
}

// TestPropertyView guards what is read in place against another client.
func TestPropertyView(t *testing.T) {
	t.Parallel()
	view := newPropertyView()
	require.True(t, view.inPlace)
	for name, v := range map[string]propertyView{"in place": view, "copied": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &primitive.Message{Topic: "T"}
			require.NoError(t, v.check(m))
			m.WithProperty("a", "b")
			require.NoError(t, v.check(m))
			m.WithProperty("c", "d\x02e")
			require.ErrorIs(t, v.check(m), ErrProperty)
			m.RemoveProperty("c")
			m.WithProperty("f\x01", "g")
			require.ErrorContains(t, v.check(m), `"f\x01" of a message to topic T`)
			m.RemoveProperty("f\x01") // the lock is free again
			require.NoError(t, v.check(m))
		})
	}
}
