package otlp

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// BenchmarkSpan decodes spans of 12 attributes beside the baselines of
// the budgets; "captured" is a consumer's with many captured properties.
func BenchmarkSpan(b *testing.B) {
	for _, c := range []struct {
		name string
		span ptrace.Span
	}{
		{"client", clientSpan()}, {"server", serverSpan()}, {"process", processSpan()}, {"captured", capturedSpan()},
	} {
		b.Run(c.name+"/decode", func(b *testing.B) {
			d := NewDecoder(auditor.Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}}, Options{})
			var out auditor.Span
			b.ReportAllocs()
			for b.Loop() {
				d.Span(c.span, 1, &out)
			}
		})
		b.Run(c.name+"/touch", func(b *testing.B) {
			for b.Loop() {
				touch(c.span)
			}
		})
		b.Run(c.name+"/pass", func(b *testing.B) {
			for b.Loop() {
				pass(c.span)
			}
		})
	}
}

// touch is the baseline of the budgets: ids, kind and three look-ups.
func touch(sp ptrace.Span) int {
	id, parent, trace := sp.SpanID(), sp.ParentSpanID(), sp.TraceID()
	hits := int(id[0]) + int(parent[0]) + int(trace[0]) + int(sp.Kind())
	for _, k := range [...]string{"gray.env", "messaging.destination.name", "messaging.message.id"} {
		if _, ok := sp.Attributes().Get(k); ok {
			hits++
		}
	}
	return hits
}

// pass goes once over the attributes and picks four keys.
func pass(sp ptrace.Span) int {
	hits := 0
	for k := range sp.Attributes().All() {
		switch k {
		case "gray.env", "messaging.destination.name", "messaging.message.id", "messaging.operation.type":
			hits++
		}
	}
	return hits
}

// BenchmarkStream decodes unmarshalled batches of 512 spans, of which 6 in 7 are
// calls, from more memory than the caches hold: the workload of the budgets. One
// operation is one span.
func BenchmarkStream(b *testing.B) {
	batches := make([]ptrace.SpanSlice, 32)
	for i := range batches {
		batches[i] = unmarshalledBatch(b)
	}
	run := func(name string, visit func(ptrace.Span)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				visit(batches[i/512%len(batches)].At(i % 512))
				i++
			}
		})
	}
	d := newDecoder()
	var out auditor.Span
	var hits int
	run("decode", func(sp ptrace.Span) { d.Span(sp, 1, &out) })
	run("touch", func(sp ptrace.Span) { hits += touch(sp) })
	run("pass", func(sp ptrace.Span) { hits += pass(sp) })
}

// unmarshalledBatch is 512 spans as a receiver holds them: each key and value in
// memory of its own.
func unmarshalledBatch(b *testing.B) ptrace.SpanSlice {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	kinds := []func() ptrace.Span{serverSpan, clientSpan, serverSpan, clientSpan, serverSpan, clientSpan, processSpan}
	for i := range 512 {
		kinds[i%len(kinds)]().MoveTo(spans.AppendEmpty())
	}
	wire, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
	require.NoError(b, err)
	td, err = new(ptrace.ProtoUnmarshaler).UnmarshalTraces(wire)
	require.NoError(b, err)
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
}

// BenchmarkFeedProto reads batches of 512 spans off the wire, beside unmarshalling
// and reading them. One operation is one batch.
func BenchmarkFeedProto(b *testing.B) {
	td := ptrace.NewTraces()
	unmarshalledBatch(b).CopyTo(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans())
	message := marshal(b, td)
	d := newDecoder()
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = FeedProto(&sink{}, d, 1, message)
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		for b.Loop() {
			td, _ := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(message)
			Feed(&sink{}, d, 1, td)
		}
	})
}
