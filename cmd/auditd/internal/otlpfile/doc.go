// Package otlpfile streams OpenTelemetry traces out of files: OTLP JSON, one
// ExportTraceServiceRequest a line or documents of any layout, and OTLP
// protobuf, one message or the length-prefixed form of the collector's file
// exporter. Each may be gzipped. The form is told by the content, never by the
// name.
//
// Spans are never collected: a file of any size is read with the memory of its
// longest line (up to 16 MiB) or of its largest ResourceSpans (up to 256 MiB).
package otlpfile
