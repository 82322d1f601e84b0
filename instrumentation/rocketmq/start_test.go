package rocketmq_test

import (
	"testing"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// TestNewTwinBeginsBehindBaseline: where the baseline group takes gray messages as
// long as it has no twin, a new twin does not take them again, in a young topic
// neither, where the client's own setting would begin with the first message.
func TestNewTwinBeginsBehindBaseline(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "YOUNG", 2), b.Group(t, "young")
		p := newWorkload(t, "sender", "").producer(t, b)
		start := func(home string) *inbox {
			w, box := newWorkload(t, "receiver", home), &inbox{}
			cfg := w.config()
			cfg.Scheme = scheme
			c := w.push(t, b, cfg, group)
			require.NoError(t, c.Subscribe(topic, consumer.MessageSelector{}, box.handle))
			require.NoError(t, c.Start())
			return box
		}
		base := start("")
		_, err := p.SendSync(tagged(t, "gray"), message(topic, "before"))
		require.NoError(t, err)
		base.wait(t, 1)
		gray := start("gray")
		_, err = p.SendSync(tagged(t, "gray"), message(topic, "after"))
		require.NoError(t, err)
		gray.wait(t, 1)
		require.Equal(t, []string{"after"}, gray.bodies())
	})
}
