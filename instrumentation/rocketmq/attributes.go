package rocketmq

import (
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"go.opentelemetry.io/otel/attribute"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// Attribute keys of OpenTelemetry's messaging conventions (v1.44, new names
// only), then the project's own.
const (
	keySystem        = attribute.Key("messaging.system")
	keyOperationType = attribute.Key("messaging.operation.type")
	keyOperationName = attribute.Key("messaging.operation.name")
	keyDestination   = attribute.Key("messaging.destination.name")
	keyPartition     = attribute.Key("messaging.destination.partition.id")
	keyGroup         = attribute.Key("messaging.consumer.group.name")
	keyMessageID     = attribute.Key("messaging.message.id")
	keyBodySize      = attribute.Key("messaging.message.body.size")
	keyBatchCount    = attribute.Key("messaging.batch.message_count")
	keyNamespace     = attribute.Key("messaging.rocketmq.namespace")
	keyMessageTag    = attribute.Key("messaging.rocketmq.message.tag")
	keyMessageKeys   = attribute.Key("messaging.rocketmq.message.keys")
	keyMessageType   = attribute.Key("messaging.rocketmq.message.type")
	keyMessageGroup  = attribute.Key("messaging.rocketmq.message.group")
	keyDelayLevel    = attribute.Key("messaging.rocketmq.message.delay_time_level")
	keyConsumption   = attribute.Key("messaging.rocketmq.consumption_model")
	keyErrorType     = attribute.Key("error.type")

	keyTag       = attribute.Key(envtag.Key)
	keyTagSource = attribute.Key("gray.env.source")
	keyAttempt   = attribute.Key("gray.message.attempt")
	// keyProperty is the captured property that broker filters look at: the
	// auditor's third reading of the tag, beside baggage and witness.
	keyProperty = attribute.Key("messaging.header." + envtag.Property)
)

const system = "rocketmq"

// Operations: the type as the conventions have it, the name as the client's API.
const (
	opCreate  = "create"
	opSend    = "send"
	opProcess = "process"
	opCheck   = "check"
)

// partition is unique within the topic: queue ids repeat from broker to broker.
func partition(q *primitive.MessageQueue) string {
	if q == nil {
		return ""
	}
	// A small append beats fmt: this is on the path of every message.
	b := make([]byte, 0, len(q.BrokerName)+6)
	b = append(append(b, q.BrokerName...), ':')
	return string(appendInt(b, q.QueueId))
}

// attempt counts deliveries of a message to a group, from 1.
func attempt(m *primitive.MessageExt) int { return int(m.ReconsumeTimes) + 1 }
