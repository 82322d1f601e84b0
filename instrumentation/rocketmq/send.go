package rocketmq

import (
	"context"
	"strconv"
	"strings"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// placement says where tagged messages go: the scheme's answer under the rules in
// force.
type placement struct {
	scheme isolation.Scheme
	rules  RuleSource
}

// put gives a message the topic, message tag and properties of its place.
func (p *placement) put(m *primitive.Message, tag string) error {
	messageTag := m.GetTags()
	route, err := p.scheme.Send(p.rules.Rules(), isolation.Outgoing{Topic: m.Topic, MessageTag: messageTag, Tag: tag})
	if err != nil {
		return err
	}
	m.Topic = route.Topic
	if route.MessageTag != messageTag {
		m.WithTag(route.MessageTag)
	}
	for _, property := range route.Properties {
		if property.Value != "" {
			m.WithProperty(property.Name, property.Value)
		} else {
			m.RemoveProperty(property.Name)
		}
	}
	return nil
}

// sending is one send of the client's, from the stamp to the end of its span. It is
// a value: a pointer would be one allocation more for each send.
type sending struct {
	topic string
	msgs  []*primitive.Message
	span  trace.Span
	route *route
}

// send begins a send: it checks the messages, starts the spans and stamps each
// message with a context of its own. The error is the user's (a property that the
// client would corrupt); then nothing was changed and no span was made.
//
// One message gets one span, kind PRODUCER, whose context it carries. Several
// messages get a create span each (PRODUCER), whose contexts they carry, and one
// send span (CLIENT) that links these. All this happens before the client sees
// the messages: its interceptors run after a batch is encoded, too late.
func (t *telemetry) send(ctx context.Context, place *placement, msgs []*primitive.Message) (context.Context, sending, error) {
	tag := tagOf(ctx)
	if len(msgs) > 1 {
		return t.sendBatch(ctx, place, msgs, tag)
	}
	m := msgs[0]
	if err := t.properties.check(m); err != nil {
		return ctx, sending{}, err
	}
	if err := place.put(m, tag); err != nil {
		return ctx, sending{}, err
	}
	s := sending{msgs: msgs, topic: m.Topic}
	ctx, s.span, s.route = t.start(ctx, routeKey{opSend, s.topic, tag, trace.SpanKindProducer})
	t.stamp(ctx, m)
	return ctx, s, nil
}

func (t *telemetry) sendBatch(ctx context.Context, place *placement, msgs []*primitive.Message, tag string) (context.Context, sending, error) {
	for _, m := range msgs {
		if err := t.properties.check(m); err != nil {
			return ctx, sending{}, err
		}
	}
	for _, m := range msgs {
		if err := place.put(m, tag); err != nil {
			return ctx, sending{}, err
		}
	}
	s := sending{msgs: msgs, topic: msgs[0].Topic}
	links := make([]trace.Link, len(msgs))
	for i, m := range msgs {
		links[i] = t.create(ctx, m, tag)
	}
	ctx, s.span, s.route = t.start(ctx, routeKey{opSend, s.topic, tag, trace.SpanKindClient}, trace.WithLinks(links...),
		trace.WithAttributes(keyBatchCount.Int(len(msgs))))
	return ctx, s, nil
}

// create makes the create span of one message of a batch and stamps the message.
func (t *telemetry) create(ctx context.Context, m *primitive.Message, tag string) trace.Link {
	ctx, span, route := t.start(ctx, routeKey{opCreate, m.Topic, tag, trace.SpanKindProducer})
	defer span.End()
	t.stamp(ctx, m)
	link := trace.Link{SpanContext: span.SpanContext()}
	if span.IsRecording() {
		span.SetAttributes(route.message(m, nil)...)
		link.Attributes = linkAttributes(m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex), tag)
	}
	return link
}

// end closes the span of the send. result is nil for one-way sends.
func (s sending) end(result *primitive.SendResult, err error) {
	defer s.span.End()
	if !s.span.IsRecording() {
		return
	}
	var queue *primitive.MessageQueue
	if result != nil {
		queue = result.MessageQueue
	}
	if len(s.msgs) == 1 {
		// Read now, not at the start: the span shows what the message truly carried
		// when the client had done with it, interceptors of others included.
		s.span.SetAttributes(s.route.message(s.msgs[0], queue)...)
	} else if queue != nil {
		s.span.SetAttributes(keyPartition.String(partition(queue)))
	}
	if err != nil {
		fail(s.span, errorType(err), err)
	}
}

// message describes a message that was stamped; queue is nil where it is not known.
func (r *route) message(m *primitive.Message, queue *primitive.MessageQueue) []attribute.KeyValue {
	kv := make([]attribute.KeyValue, 0, 10)
	kv = append(kv, keyMessageID.String(m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex)), keyBodySize.Int(len(m.Body)))
	kv = r.appendProperty(kv, m)
	if queue != nil {
		kv = append(kv, keyPartition.String(partition(queue)))
	}
	kv = appendContent(kv, m)
	// A retry has a delay as well, which the broker set; so only senders show it.
	if delay := m.GetProperty(primitive.PropertyDelayTimeLevel); delay != "" {
		if level, err := strconv.Atoi(delay); err == nil && level > 0 {
			kv = append(kv, keyDelayLevel.Int(level), keyMessageType.String("delay"))
		}
	}
	return kv
}

// appendProperty adds the tag's property as the message carries it.
func (r *route) appendProperty(kv []attribute.KeyValue, m *primitive.Message) []attribute.KeyValue {
	switch tag := m.GetProperty(envtag.Property); {
	case tag == "":
		return kv
	case tag == r.tag:
		return append(kv, r.property)
	default:
		return append(kv, keyProperty.StringSlice([]string{tag}))
	}
}

// appendContent adds what the user gave a message: tag, keys, order, transaction.
func appendContent(kv []attribute.KeyValue, m *primitive.Message) []attribute.KeyValue {
	if v := m.GetTags(); v != "" {
		kv = append(kv, keyMessageTag.String(v))
	}
	if v := m.GetKeys(); v != "" {
		kv = append(kv, keyMessageKeys.StringSlice(strings.Split(v, primitive.PropertyKeySeparator)))
	}
	if v := m.GetShardingKey(); v != "" {
		kv = append(kv, keyMessageGroup.String(v), keyMessageType.String("fifo"))
	}
	if m.GetProperty(primitive.PropertyTransactionPrepared) != "" {
		kv = append(kv, keyMessageType.String("transaction"))
	}
	return kv
}

// linkAttributes are what varies from message to message of a batch.
func linkAttributes(id, tag string) []attribute.KeyValue {
	kv := make([]attribute.KeyValue, 0, 2)
	kv = append(kv, keyMessageID.String(id))
	if tag != "" {
		kv = append(kv, keyTag.String(tag))
	}
	return kv
}

// tagOf returns the tag of ctx; the names of the baseline count as none.
func tagOf(ctx context.Context) string {
	if tag := envtag.FromContext(ctx); !envtag.IsBaseline(tag) {
		return tag
	}
	return ""
}
