package dyetraceprocessor

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkStrip is what looking for foreign flags costs each batch: 512 spans of
// 12 attributes that have none.
func BenchmarkStrip(b *testing.B) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for range 512 {
		m := spans.AppendEmpty().Attributes()
		for i := range 12 {
			m.PutStr(fmt.Sprintf("messaging.attribute.%d", i), "value")
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if strip(td) > 0 {
			b.Fatal("stripped")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/span")
}
