package sdk

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/internal/memo"
)

// tagProcessor implements [sdktrace.SpanProcessor].
type tagProcessor struct {
	attributes *memo.Table[[]attribute.KeyValue] // by tag
}

// NewSpanProcessor returns a processor that copies the env tag, and nothing
// else of the baggage, to the attribute `gray.env` of each span that starts.
// Register it before the exporter's processor. It is safe for concurrent use.
func NewSpanProcessor() sdktrace.SpanProcessor {
	return &tagProcessor{memo.NewTable(memoLimit, func(tag string) []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(envtag.Key, tag)}
	})}
}

// OnStart implements [sdktrace.SpanProcessor].
func (p *tagProcessor) OnStart(parent context.Context, span sdktrace.ReadWriteSpan) {
	if tag := envtag.FromContext(parent); tag != "" {
		span.SetAttributes(p.attributes.Get(tag)...)
	}
}

// OnEnd implements [sdktrace.SpanProcessor].
func (*tagProcessor) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements [sdktrace.SpanProcessor].
func (*tagProcessor) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdktrace.SpanProcessor].
func (*tagProcessor) ForceFlush(context.Context) error { return nil }
