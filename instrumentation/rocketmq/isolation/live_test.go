package isolation_test

import (
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	mq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/probe"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// The tests of this file hold plans against real brokers.

var brokers brokertest.Pool

func TestMain(m *testing.M) {
	rlog.SetLogLevel("fatal") // the client writes some lines a second
	os.Exit(brokers.Run(m))
}

// sender returns a started producer.
func sender(t *testing.T, b *brokertest.Broker) mq.Producer {
	t.Helper()
	p, err := mq.NewProducer(producer.WithNameServer([]string{b.NameServer}), producer.WithGroupName("test"), producer.WithInstanceName(t.Name()), producer.WithRetry(2))
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() { require.NoError(t, p.Shutdown()) })
	return p
}

// send sends a message with properties; TAGS is the message tag. key finds it again.
func send(t *testing.T, p mq.Producer, topic, key string, properties map[string]string) {
	t.Helper()
	m := primitive.NewMessage(topic, []byte(key)).WithKeys([]string{key})
	for name, value := range properties {
		if name == primitive.PropertyTags {
			m.WithTag(value)
			continue
		}
		m.WithProperty(name, value)
	}
	result, err := p.SendSync(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, primitive.SendOK, result.Status)
}

// ownSubscription is a flag of pulls: the request brings its own subscription.
const ownSubscription = "4"

// pull reads a topic of one queue with a selector, as a consumer would, and returns
// the bodies of the messages that the broker lets through.
func pull(t *testing.T, b *brokertest.Broker, topic, group string, s isolation.Selector) map[string]bool {
	t.Helper()
	kind := s.Type
	if kind == "" {
		kind = isolation.SelectorTag
	}
	if s.Expression == "" {
		s.Expression = "*"
	}
	var client remoting.Client
	got := map[string]bool{}
	for offset := "0"; ; {
		answer, err := client.Call(t.Context(), b.Address, remoting.Message{Code: remoting.PullMessage, Fields: map[string]string{
			"consumerGroup": group, "topic": topic, "queueId": "0", "queueOffset": offset, "maxMsgNums": "32",
			"sysFlag": ownSubscription, "commitOffset": "0", "suspendTimeoutMillis": "0",
			"subscription": s.Expression, "subVersion": "1", "expressionType": string(kind),
		}})
		require.NoError(t, err)
		switch answer.Code {
		case remoting.Success:
			for _, m := range primitive.DecodeMessage(answer.Body) {
				got[string(m.Body)] = true
			}
		case remoting.PullNotFound:
			return got
		case remoting.PullRetry:
		default:
			t.Fatalf("pull with %v: code %d: %s", s, answer.Code, answer.Remark)
		}
		offset = answer.Fields["nextBeginOffset"]
	}
}

// TestBrokersFilterAsPlanned holds what brokers let through for each plan against
// what the plan promises, for every kind of message.
func TestBrokersFilterAsPlanned(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic, group, p := b.Topic(t, "ORDER", 1), b.Group(t, "order"), sender(t, b)
		sent := isolation.Messages()
		for i, m := range sent {
			send(t, p, topic, strconv.Itoa(i), m)
		}
		// A broker lists a message in its queue after the acknowledgement.
		require.Eventually(t, func() bool { return len(pull(t, b, topic, group, isolation.Selector{})) == len(sent) }, patience, time.Millisecond)
		scheme, err := isolation.New(isolation.NameSQL92, "")
		require.NoError(t, err)
		for _, user := range isolation.Selectors() {
			alone := pull(t, b, topic, group, user)
			for home, takes := range map[string]func(env string) bool{
				"gray": func(env string) bool { return env == "gray" },
				"":     func(env string) bool { return env != "gray" && env != "it's" },
			} {
				plan, err := scheme.Take(isolation.Strict(), isolation.Consumer{Topic: topic, Group: group, Home: home, Selector: user}, time.Time{})
				require.NoError(t, err)
				want := maps.Clone(alone)
				maps.DeleteFunc(want, func(key string, _ bool) bool {
					i, err := strconv.Atoi(key)
					return err != nil || !takes(sent[i]["gray_env"])
				})
				require.Equal(t, want, pull(t, b, topic, plan.Group, plan.Selector), "%v", plan.Selector)
				require.NotEmpty(t, want)
			}
		}
	})
}

// accepted asks the broker whether it reads an expression.
func accepted(t *testing.T, b *brokertest.Broker, topic, expression string) bool {
	t.Helper()
	err := probe.Check(t.Context(), nil, probe.Target{
		NameServers: []string{b.NameServer}, Topic: topic, Group: "any",
		Selector: isolation.Selector{Type: isolation.SelectorSQL92, Expression: expression},
	})
	if err != nil {
		require.ErrorIs(t, err, probe.ErrExpression)
	}
	return err == nil
}

// TestCheckIsNoStricterThanBrokers: what CheckSQL92 refuses, in brackets a broker
// refuses too, or reads otherwise than alone.
func TestCheckIsNoStricterThanBrokers(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		topic := b.Topic(t, "ORDER", 1)
		for _, c := range []struct {
			user             string
			check            bool // of CheckSQL92
			alone, bracketed bool // of the broker
		}{
			{"a > 5 or b = 'x'", true, true, true},
			{"b = 'it''s' AND c <> '--'", true, true, true},
			{"a BETWEEN 1 AND 2 AND b IN ('x', 'y') AND c IS NOT NULL", true, true, true},
			{"a > -1.5 OR a < 1e3 OR $a_1 = 2", true, true, true},
			{"(a = 1)\n\tOR a = 2", true, true, true},
			{"a - - 1 > 0", true, true, false}, // no arithmetic: read as "a"
			{"a > ", true, false, false},
			{"a = 'x", false, false, false},
			{"(a = 1", false, false, false},
			{"a = \"x\"", false, false, false},
			{"ä = 1", false, false, false},
			{"", false, false, false},
			// Alone, brokers read as far as they understand and ignore the rest.
			{"a = 1; b = 2", false, false, false},
			{"a = 1) OR (b = 2", false, true, true}, // (a = 1) OR (b = 2) is another expression
			{"a = 1 b = 2", true, true, false},      // the probe tells
			{"a = 1 -- all", false, true, false},    // the comment hides the bracket
			{"a = 1 /* one */", false, true, true},
		} {
			require.Equal(t, c.check, isolation.CheckSQL92(c.user) == nil, "check: %s", c.user)
			require.Equal(t, c.alone, accepted(t, b, topic, c.user), "alone: %s", c.user)
			require.Equal(t, c.bracketed, accepted(t, b, topic, "a = 0 AND ("+c.user+")"), "in brackets: %s", c.user)
		}
	})
}

// peek reads all of a topic that may not exist yet.
func peek(t *testing.T, b *brokertest.Broker, topic, group string) map[string]bool {
	t.Helper()
	var client remoting.Client
	if _, err := client.Brokers(t.Context(), b.NameServer, topic); err != nil {
		require.ErrorIs(t, err, remoting.ErrNoTopic)
		return nil
	}
	return pull(t, b, topic, group, isolation.Selector{})
}
