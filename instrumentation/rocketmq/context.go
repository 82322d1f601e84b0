package rocketmq

import (
	"context"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	dyepropagation "github.com/dyetrace/dyetrace/instrumentation/propagation"
)

// MessageContext returns the context of one message of a batch: ctx, the batch's,
// with the baggage of that message. Spans started in it are children of the batch's
// process span. p is the propagator of the consumer's Config; nil is the default.
func MessageContext(ctx context.Context, p propagation.TextMapPropagator, msg *primitive.MessageExt) context.Context {
	if p == nil {
		p = dyepropagation.New()
	}
	t := telemetry{propagator: p}
	restored, _ := t.restore(ctx, &msg.Message)
	return trace.ContextWithSpan(baggage.ContextWithBaggage(ctx, baggage.FromContext(restored)), trace.SpanFromContext(ctx))
}
