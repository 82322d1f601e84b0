package rocketmq

import (
	"context"
	"fmt"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// Handler is the callback of the client's push consumer.
type Handler func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error)

// delivery is a received message with what it carries.
type delivery struct {
	msg *primitive.MessageExt
	ctx context.Context // restored from the message
	reading
}

func (t *telemetry) receive(ctx context.Context, m *primitive.MessageExt) delivery {
	restored, r := t.restore(ctx, &m.Message)
	return delivery{m, restored, r}
}

// process runs work on a delivery, in the message's own context and inside a
// process span: child of the span that created the message and linked to it, as
// the conventions allow for single messages. Parent and link are one hop.
func (t *telemetry) process(d delivery, work func(context.Context) (consumer.ConsumeResult, error)) (consumer.ConsumeResult, error) {
	var opts []trace.SpanStartOption
	if origin := trace.SpanContextFromContext(d.ctx); origin.IsValid() {
		opts = append(opts, trace.WithLinks(trace.Link{SpanContext: origin, Attributes: linkAttributes(d.msg.MsgId, d.tag)}))
	}
	ctx, span, route := t.start(d.ctx, routeKey{opProcess, t.topic(d.msg), d.tag, trace.SpanKindConsumer}, opts...)
	if span.IsRecording() {
		span.SetAttributes(route.delivery(d)...)
	}
	return finish(ctx, span, work)
}

// processBatch runs work on several deliveries of one tag. The batch's context
// holds that tag and nothing else of the messages; its span begins a new trace,
// and is linked to each creator with what varies from message to message.
func (t *telemetry) processBatch(ctx context.Context, batch []delivery, work func(context.Context) (consumer.ConsumeResult, error)) (consumer.ConsumeResult, error) {
	tag := batch[0].tag
	ctx = anonymous(ctx)
	if tag != "" {
		if tagged, err := envtag.ContextWith(ctx, tag); err == nil {
			ctx = tagged
		}
	}
	links := make([]trace.Link, 0, len(batch))
	for _, d := range batch {
		if origin := trace.SpanContextFromContext(d.ctx); origin.IsValid() {
			links = append(links, trace.Link{SpanContext: origin, Attributes: append(linkAttributes(d.msg.MsgId, d.tag), keyAttempt.Int(attempt(d.msg)))})
		}
	}
	ctx, span, _ := t.start(ctx, routeKey{opProcess, t.topic(batch[0].msg), tag, trace.SpanKindConsumer},
		trace.WithNewRoot(), trace.WithLinks(links...), trace.WithAttributes(keyBatchCount.Int(len(batch))))
	if span.IsRecording() {
		span.SetAttributes(keyPartition.String(partition(batch[0].msg.Queue)))
	}
	return finish(ctx, span, work)
}

// finish runs work and ends its span, also when work panics: then the panic goes
// on as the client would have had it.
func finish(ctx context.Context, span trace.Span, work func(context.Context) (consumer.ConsumeResult, error)) (result consumer.ConsumeResult, err error) {
	returned := false
	defer func() {
		switch {
		case !returned:
			fail(span, "panic", nil)
		case err != nil:
			fail(span, errorType(err), err)
		case !succeeded(result):
			fail(span, resultName(result), nil)
		}
		span.End()
	}()
	result, err = work(ctx)
	returned = true
	return result, err
}

func succeeded(r consumer.ConsumeResult) bool {
	return r == consumer.ConsumeSuccess || r == consumer.Commit
}

func resultName(r consumer.ConsumeResult) string {
	switch r {
	case consumer.ConsumeRetryLater:
		return "consume_retry_later"
	case consumer.Rollback:
		return "rollback"
	case consumer.SuspendCurrentQueueAMoment:
		return "suspend_current_queue"
	}
	return fmt.Sprintf("consume_result_%d", int(r))
}

// topic returns the topic without the client's namespace.
func (t *telemetry) topic(m *primitive.MessageExt) string {
	return withoutNamespace(t.namespace, topicOf(m))
}

// delivery describes one delivery of a message.
func (r *route) delivery(d delivery) []attribute.KeyValue {
	m := d.msg
	kv := make([]attribute.KeyValue, 0, 10)
	kv = append(kv, keyMessageID.String(m.MsgId), keyBodySize.Int(len(m.Body)), keyPartition.String(partition(m.Queue)),
		keyAttempt.Int(attempt(m)), keyTagSource.String(d.source))
	return appendContent(r.appendProperty(kv, &m.Message), &m.Message)
}
