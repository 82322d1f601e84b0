package rocketmq_test

import (
	"testing"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// schemes are the schemes that are built.
var schemes = []isolation.Name{isolation.NameSQL92, isolation.NameProperty}

// strict are rules under which baseline groups never take gray.
func strict() rocketmq.RuleSource {
	return rocketmq.FixedRules(&isolation.Rules{Consumers: []isolation.ConsumerRule{{Ignores: []string{"gray"}}}})
}

// perScheme runs a test on each version with each scheme.
func perScheme(t *testing.T, test func(*testing.T, *brokertest.Broker, isolation.Name)) {
	t.Helper()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		for _, scheme := range schemes {
			t.Run(string(scheme), func(t *testing.T) {
				t.Parallel()
				test(t, b, scheme)
			})
		}
	})
}

func TestEachEnvironmentTakesItsOwn(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "ORDER", 4), b.Group(t, "order")
		sender := newWorkload(t, "sender", "")
		got := map[string]*inbox{}
		receivers := map[string]*workload{}
		for _, home := range []string{"", "gray"} {
			w := newWorkload(t, "receiver", home)
			cfg := w.config()
			cfg.Scheme, cfg.Rules = scheme, strict()
			c := w.push(t, b, cfg, group)
			box := &inbox{}
			got[home], receivers[home] = box, w
			require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{Type: consumer.TAG, Expression: "A || B"}, box.handle))
			require.NoError(t, c.Start())
		}
		p := sender.producer(t, b)
		for _, tag := range []string{"", "gray"} {
			for _, label := range []string{"A", "B", "C"} {
				_, err := p.SendSync(tagged(t, tag), message(topic, tag+label).WithTag(label).WithKeys([]string{"k1", "k2"}))
				require.NoError(t, err)
			}
		}
		got[""].wait(t, 2)
		got["gray"].wait(t, 2)
		require.ElementsMatch(t, []string{"A", "B"}, got[""].bodies())
		require.ElementsMatch(t, []string{"grayA", "grayB"}, got["gray"].bodies())
		for home, box := range got {
			for _, call := range box.all() {
				require.Equal(t, home, call.tag)
			}
		}

		sends := sender.named("send " + topic)
		require.Len(t, sends, 6)
		for home, w := range receivers {
			want := group
			if home != "" {
				want += "_" + home
			}
			for _, s := range w.await(t, "process "+topic, 2) {
				require.Equal(t, trace.SpanKindConsumer, s.SpanKind())
				require.Len(t, s.Links(), 1)
				require.Equal(t, s.Parent().SpanID(), s.Links()[0].SpanContext.SpanID())
				require.Equal(t, want, attr(s, "messaging.consumer.group.name").AsString())
				require.Equal(t, home, attr(s, "gray.env").AsString())
				require.EqualValues(t, 1, attr(s, "gray.message.attempt").AsInt64())
				require.Equal(t, []string{"k1", "k2"}, attr(s, "messaging.rocketmq.message.keys").AsStringSlice())
				require.NotEmpty(t, attr(s, "messaging.message.id").AsString())
				require.Contains(t, attr(s, "messaging.destination.partition.id").AsString(), ":")
			}
		}
	})
}
