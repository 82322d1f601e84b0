// Package otlpjson writes spans as OTLP JSON, one ExportTraceServiceRequest a
// line, as the collector's file exporter does: what `auditd check` reads. It is
// for tests; it needs no protobuf.
package otlpjson

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Exporter writes to one writer. It is safe for concurrent use.
type Exporter struct {
	mu  sync.Mutex
	out *json.Encoder
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)

// NewExporter returns an exporter to w, which stays the caller's.
func NewExporter(w io.Writer) *Exporter {
	return &Exporter{out: json.NewEncoder(w)}
}

// ExportSpans implements [sdktrace.SpanExporter].
func (e *Exporter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.out.Encode(convert(spans))
}

// Shutdown implements [sdktrace.SpanExporter].
func (e *Exporter) Shutdown(context.Context) error { return nil }
