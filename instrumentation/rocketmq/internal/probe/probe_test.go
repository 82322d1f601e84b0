package probe

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

var brokers brokertest.Pool

func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(func() int { return brokers.Run(m) }))
}

func sql(expression string) isolation.Selector {
	return isolation.Selector{Type: isolation.SelectorSQL92, Expression: expression}
}

func check(t *testing.T, b *brokertest.Broker, topic string, s isolation.Selector) error {
	t.Helper()
	return Check(t.Context(), nil, Target{NameServers: []string{b.NameServer}, Topic: topic, Group: "order", Selector: s})
}

func TestBrokerThatFilters(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "ORDER", 1)
		require.NoError(t, check(t, b, topic, sql("gray_env = 'gray'")))
		require.NoError(t, check(t, b, topic, isolation.Selector{Type: isolation.SelectorTag, Expression: "A || B"}))
		for _, broken := range []string{"gray_env = ", ".x = 'a'", "(a = 1", "(gray.env = 'a')", "a IN ()"} {
			err := check(t, b, topic, sql(broken))
			require.ErrorIs(t, err, ErrExpression, broken)
			require.ErrorContains(t, err, `expression "`+broken+`"`)
			require.ErrorContains(t, err, "topic "+topic+", group order")
		}
		err := check(t, b, topic+"x", sql("a = 1"))
		require.ErrorIs(t, err, ErrTopic)
		require.ErrorContains(t, err, "create it, or start its brokers, before its consumers")
	})
}

func TestBrokerWithoutFilter(t *testing.T) {
	for _, v := range brokertest.Versions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			b := brokertest.Start(t, v, brokertest.PropertyFilter(false))
			topic := b.Topic(t, "ORDER", 1)
			err := check(t, b, topic, sql("gray_env = 'gray'"))
			require.ErrorIs(t, err, ErrFilterOff)
			require.ErrorContains(t, err, "set enablePropertyFilter=true")
			require.ErrorContains(t, err, "choose the isolation scheme property")
			require.NoError(t, check(t, b, topic, isolation.Selector{Expression: "A"}), "tags need no property filter")
			unreachable(t, b, topic)
		})
	}
}

func TestBrokerWithACL(t *testing.T) {
	const access, secret = "dyetrace", "a secret of eighteen"
	b := brokertest.Start(t, brokertest.V4, brokertest.ACL(access, secret))
	target := Target{NameServers: []string{b.NameServer}, Topic: b.Topic(t, "ORDER", 1), Group: "order", Selector: sql("a = 1")}
	ask := func(secret string) error {
		return Check(t.Context(), &remoting.Client{Credentials: remoting.Credentials{AccessKey: access, SecretKey: secret}}, target)
	}
	require.NoError(t, ask(secret))
	for _, err := range []error{ask("another"), Check(t.Context(), nil, target)} {
		require.ErrorIs(t, err, ErrUnreachable)
		require.NotErrorIs(t, err, ErrFilterOff)
		require.ErrorContains(t, err, "broker broker-a")
	}
}

// unreachable pauses and kills the broker.
func unreachable(t *testing.T, b *brokertest.Broker, topic string) {
	t.Helper()
	target := Target{Topic: topic, Group: "order", Selector: sql("a = 1")}
	require.ErrorIs(t, Check(t.Context(), nil, target), ErrUnreachable, "no name server")
	target.NameServers = []string{"127.0.0.1:1", b.NameServer}
	require.ErrorIs(t, Check(t.Context(), nil, target), ErrFilterOff, "the second name server answers")

	b.Pause(t)
	// The name server has to answer in this time, and the broker does not.
	short, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	err := Check(short, &remoting.Client{}, target)
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "broker broker-a")
	b.Resume(t)

	b.Kill() // the name server forgets it when the connection breaks
	require.Eventually(t, func() bool { return errors.Is(Check(t.Context(), nil, target), ErrTopic) }, time.Minute, 20*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Check(ctx, nil, target), context.Canceled)
}
