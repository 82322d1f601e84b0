package otlpjson_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/internal/otlpjson"
)

func TestExport(t *testing.T) {
	state, err := trace.ParseTraceState("dye=gray")
	require.NoError(t, err)
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true})
	spans := tracetest.SpanStubs{{
		Name:        "POST /x",
		SpanKind:    trace.SpanKindServer,
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{3}, TraceFlags: 1, TraceState: state}),
		Parent:      parent,
		Attributes: []attribute.KeyValue{
			attribute.String("gray.env", "gray"), attribute.Bool("b", true), attribute.Int("i", 7), attribute.Float64("f", 0.5), attribute.StringSlice("s", []string{"x"}),
		},
		Links:                []sdktrace.Link{{SpanContext: parent, Attributes: []attribute.KeyValue{attribute.String("l", "1")}}},
		Status:               sdktrace.Status{Code: codes.Error, Description: "no"},
		Resource:             resource.NewSchemaless(attribute.String("service.name", "svc")),
		InstrumentationScope: instrumentation.Scope{Name: "scope"},
	}}.Snapshots()

	var out bytes.Buffer
	exporter := otlpjson.NewExporter(&out)
	require.NoError(t, exporter.ExportSpans(t.Context(), nil))
	require.Zero(t, out.Len(), "no spans, no line")
	require.NoError(t, exporter.ExportSpans(t.Context(), spans))
	require.NoError(t, exporter.Shutdown(t.Context()))
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")))
	require.JSONEq(t, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"svc"}}]},
	 "scopeSpans":[{"scope":{"name":"scope"},"spans":[{
	  "traceId":"01000000000000000000000000000000","spanId":"0300000000000000","parentSpanId":"0200000000000000","traceState":"dye=gray","flags":769,
	  "name":"POST /x","kind":2,"startTimeUnixNano":"-6795364578871345152","endTimeUnixNano":"-6795364578871345152",
	  "attributes":[{"key":"gray.env","value":{"stringValue":"gray"}},{"key":"b","value":{"boolValue":true}},{"key":"i","value":{"intValue":"7"}},
	   {"key":"f","value":{"doubleValue":0.5}},{"key":"s","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],
	  "links":[{"traceId":"01000000000000000000000000000000","spanId":"0200000000000000","attributes":[{"key":"l","value":{"stringValue":"1"}}]}],
	  "status":{"code":2,"message":"no"}}]}]}]}`, out.String())
}
