package otlpjson

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Flags of a span that tell whether its parent is remote, from trace.proto.
const (
	hasIsRemote = 0x100
	isRemote    = 0x200
)

// convert makes one request of spans, a ResourceSpans for each span: readers
// merge them, and tests have few.
func convert(spans []sdktrace.ReadOnlySpan) request {
	var r request
	for _, s := range spans {
		scope := s.InstrumentationScope()
		r.ResourceSpans = append(r.ResourceSpans, resourceSpans{
			Resource: resource{Attributes: attributes(s.Resource().Attributes())},
			ScopeSpans: []scopeSpans{{
				Scope: scopeName{Name: scope.Name, Version: scope.Version},
				Spans: []span{convertSpan(s)},
			}},
		})
	}
	return r
}

func convertSpan(s sdktrace.ReadOnlySpan) span {
	sc := s.SpanContext()
	out := span{
		TraceID:           sc.TraceID().String(),
		SpanID:            sc.SpanID().String(),
		TraceState:        sc.TraceState().String(),
		Flags:             flags(sc, s.Parent()),
		Name:              s.Name(),
		Kind:              int(s.SpanKind()), // the SDK counts as OTLP does: 1 internal to 5 consumer
		StartTimeUnixNano: strconv.FormatInt(s.StartTime().UnixNano(), 10),
		EndTimeUnixNano:   strconv.FormatInt(s.EndTime().UnixNano(), 10),
		Attributes:        attributes(s.Attributes()),
		DroppedLinksCount: s.DroppedLinks(),
		Status:            convertStatus(s.Status()),
	}
	if s.Parent().SpanID().IsValid() {
		out.ParentSpanID = s.Parent().SpanID().String()
	}
	for _, l := range s.Links() {
		out.Links = append(out.Links, link{
			TraceID:    l.SpanContext.TraceID().String(),
			SpanID:     l.SpanContext.SpanID().String(),
			TraceState: l.SpanContext.TraceState().String(),
			Attributes: attributes(l.Attributes),
		})
	}
	return out
}

func flags(sc, parent trace.SpanContext) uint32 {
	f := uint32(sc.TraceFlags()) | hasIsRemote
	if parent.IsRemote() {
		f |= isRemote
	}
	return f
}

func convertStatus(s sdktrace.Status) status {
	switch s.Code {
	case codes.Ok:
		return status{Code: 1}
	case codes.Error:
		return status{Code: 2, Message: s.Description}
	}
	return status{}
}

func attributes(kvs []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(kvs))
	for _, kv := range kvs {
		out = append(out, keyValue{Key: string(kv.Key), Value: convertValue(kv.Value)})
	}
	return out
}

func convertValue(v attribute.Value) anyValue {
	switch v.Type() {
	case attribute.BOOL:
		b := v.AsBool()
		return anyValue{Bool: &b}
	case attribute.INT64:
		i := strconv.FormatInt(v.AsInt64(), 10)
		return anyValue{Int: &i}
	case attribute.FLOAT64:
		f := v.AsFloat64()
		return anyValue{Double: &f}
	case attribute.STRINGSLICE:
		values := make([]anyValue, 0)
		for _, s := range v.AsStringSlice() {
			values = append(values, anyValue{String: &s})
		}
		return anyValue{Array: &arrayValue{Values: values}}
	}
	s := v.String() // strings, and the rest as text
	return anyValue{String: &s}
}
