package otlp

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// messageOf decodes a span that processes, or sends if kv says so.
func messageOf(kind ptrace.SpanKind, kv attrs) auditor.Message {
	return decode(newSpan(kind, append(attrs{"messaging.system", "rocketmq"}, kv...))).Message
}

func TestMessageNames(t *testing.T) {
	field := map[string]func(m auditor.Message) any{
		"destination": func(m auditor.Message) any { return m.Destination },
		"group":       func(m auditor.Message) any { return m.Group },
		"id":          func(m auditor.Message) any { return m.ID },
		"filter":      func(m auditor.Message) any { return m.Filter },
		"batch":       func(m auditor.Message) any { return m.Batch },
	}
	for _, c := range []struct {
		field string
		kv    attrs
		want  any
	}{
		{"destination", attrs{"messaging.destination.name", "T"}, "T"},
		{"destination", attrs{"messaging.destination", "T"}, "T"},
		{"destination", attrs{"messaging.destination", "old", "messaging.destination.name", "T"}, "T"},
		{"destination", attrs{"messaging.destination", "T", "messaging.destination.name", ""}, "T"},
		{"group", attrs{"messaging.consumer.group.name", "g"}, "g"},
		{"group", attrs{"messaging.rocketmq.client_group", "g"}, "g"},
		{"group", attrs{"messaging.kafka.consumer.group", "g"}, "g"},
		{"group", attrs{"messaging.kafka.consumer_group", "g"}, "g"},
		{"group", attrs{"messaging.rocketmq.consumer_group", "g"}, "g"},
		{"group", attrs{"messaging.consumer_group", "g"}, "g"},
		{"group", attrs{"thread.name", "ConsumeMessageThread_GID_A_gray_12"}, "GID_A_gray"},
		{"group", attrs{"thread.name", "ConsumeMessageThread_other_1", "messaging.consumer.group.name", "g"}, "g"},
		{"group", attrs{"thread.name", "ConsumeMessageThread_12"}, ""}, // clients before 4.9
		{"group", attrs{"thread.name", "ConsumeMessageThread_GID_A"}, ""},
		{"group", attrs{"thread.name", "ConsumeMessageThread__1"}, ""},
		{"group", attrs{"thread.name", "ConsumeMessageThread_" + strings.Repeat("g", 100) + "_1"}, ""},
		{"group", attrs{"thread.name", "http-nio_a_1"}, ""},
		{"id", attrs{"messaging.message.id", "A,B"}, "A,B"},
		{"id", attrs{"messaging.message_id", "A"}, "A"},
		{"filter", attrs{"messaging.rocketmq.message.tag", "order"}, "order"},
		{"filter", attrs{"messaging.rocketmq.message_tag", "order"}, "order"},
		{"filter", attrs{"messaging.header.TAGS", list("order")}, "order"},
		{"batch", attrs{"messaging.batch.message_count", 5}, 5},
		{"batch", attrs{"messaging.batch_size", "6"}, 6},
		{"batch", attrs{"messaging.batch.message_count", -5}, 0},
		{"batch", attrs{"messaging.batch.message_count", math.MaxInt64}, math.MaxInt32},
		{"batch", attrs{"messaging.batch.message_count", "five"}, 0},
	} {
		kind := ptrace.SpanKindConsumer
		if c.field == "filter" {
			kind = ptrace.SpanKindProducer
		}
		got := messageOf(kind, c.kv)
		require.Equal(t, c.want, field[c.field](got), "%v", c.kv)
		require.Equal(t, "rocketmq", got.System)
	}
}

func TestConsumersHaveNoFilter(t *testing.T) {
	require.Empty(t, messageOf(ptrace.SpanKindConsumer, attrs{"messaging.rocketmq.message.tag", "order"}).Filter)
}

func TestProducersHaveNoConsumerGroup(t *testing.T) {
	require.Empty(t, messageOf(ptrace.SpanKindProducer, attrs{"messaging.rocketmq.client_group", "PID"}).Group)
}

func TestNoMessageFactsElsewhere(t *testing.T) {
	sp := newSpan(ptrace.SpanKindServer, attrs{"messaging.destination.name", "T", "messaging.header.gray_env", list("gray")})
	require.Zero(t, decode(sp).Message)
}

func TestMessageSigns(t *testing.T) {
	for _, c := range []struct {
		name string
		kv   attrs
		want auditor.Message
	}{
		{"first delivery", attrs{"messaging.destination.name", "T"}, auditor.Message{Destination: "T"}},
		{"REAL_TOPIC of a retry", attrs{"messaging.header.REAL_TOPIC", list("%RETRY%g")}, auditor.Message{Redelivered: true}},
		{"REAL_TOPIC of a delayed message", attrs{"messaging.header.REAL_TOPIC", list("T")}, auditor.Message{}},
		{"RETRY_TOPIC", attrs{"messaging.header.RETRY_TOPIC", list("T")}, auditor.Message{Redelivered: true}},
		{"ORIGIN_MESSAGE_ID", attrs{"messaging.header.ORIGIN_MESSAGE_ID", list("x")}, auditor.Message{Redelivered: true}},
		{"normalised", attrs{"messaging.header.origin_message_id", "x"}, auditor.Message{Redelivered: true}},
		{"attempt 1", attrs{"gray.message.attempt", 1}, auditor.Message{}},
		{"attempt 2", attrs{"gray.message.attempt", 2}, auditor.Message{Redelivered: true}},
		{"reconsumed", attrs{"messaging.rocketmq.reconsume_times", "1"}, auditor.Message{Redelivered: true}},
		{"not reconsumed", attrs{"messaging.rocketmq.reconsume_times", 0}, auditor.Message{}},
		{"retry topic", attrs{"messaging.destination.name", "%RETRY%g"}, auditor.Message{Destination: "%RETRY%g", Redelivered: true}},
		{"dead letter", attrs{"messaging.destination.name", "%DLQ%g"}, auditor.Message{Destination: "%DLQ%g", DeadLetter: true}},
		{"broadcast", attrs{"messaging.rocketmq.consumption_model", "broadcasting"}, auditor.Message{Broadcast: true}},
		{"clustering", attrs{"messaging.rocketmq.consumption_model", "clustering"}, auditor.Message{}},
		{"skipped", attrs{"gray.decision", "skipped"}, auditor.Message{Skipped: true}},
		{"own", attrs{"gray.decision", "own"}, auditor.Message{}},
		{"the retry's own delay", attrs{"messaging.header.DELAY", list("3")}, auditor.Message{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.System = "rocketmq"
			require.Equal(t, c.want, messageOf(ptrace.SpanKindConsumer, c.kv))
		})
	}
	send := messageOf(ptrace.SpanKindProducer, attrs{"gray.decision", "skipped", "messaging.header.RETRY_TOPIC", list("T")})
	require.Equal(t, auditor.Message{System: "rocketmq"}, send, "signs of processing on a sender")
}

func TestDelay(t *testing.T) {
	for _, c := range []struct {
		name string
		kv   attrs
		want time.Duration
	}{
		{"none", nil, 0},
		{"level 0", attrs{"messaging.rocketmq.message.delay_time_level", 0}, 0},
		{"level 1", attrs{"messaging.rocketmq.message.delay_time_level", 1}, time.Second},
		{"level 4", attrs{"messaging.rocketmq.message.delay_time_level", "4"}, 30 * time.Second},
		{"level 14", attrs{"messaging.rocketmq.message.delay_time_level", 14}, 10 * time.Minute},
		{"level 18", attrs{"messaging.rocketmq.message.delay_time_level", 18}, 2 * time.Hour},
		{"beyond the last", attrs{"messaging.rocketmq.message.delay_time_level", 1000}, 2 * time.Hour},
		{"negative", attrs{"messaging.rocketmq.message.delay_time_level", -1}, 0},
		{"captured", attrs{"messaging.header.DELAY", list("5")}, time.Minute},
		{"due in 2.5 s", attrs{"messaging.rocketmq.message.delivery_timestamp", 3500}, 2500 * time.Millisecond},
		{"due now", attrs{"messaging.rocketmq.message.delivery_timestamp", 1000}, 0},
		{"overdue", attrs{"messaging.rocketmq.message.delivery_timestamp", 1}, 0},
		{"as text", attrs{"messaging.rocketmq.message.delivery_timestamp", "2000"}, time.Second},
		{"as double", attrs{"messaging.rocketmq.message.delivery_timestamp", 2000.0}, time.Second},
		{"absurd", attrs{"messaging.rocketmq.message.delivery_timestamp", math.MaxInt64}, maxDelay},
		{"absurd text", attrs{"messaging.rocketmq.message.delivery_timestamp", "99999999999999999999"}, maxDelay},
		{"absurd double", attrs{"messaging.rocketmq.message.delivery_timestamp", 1e300}, maxDelay},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, int64(c.want), messageOf(ptrace.SpanKindProducer, c.kv).Delay)
		})
	}
}
