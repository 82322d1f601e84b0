package otlpfile_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// BenchmarkRead measures the forms beside bare unmarshalling of the same spans.
func BenchmarkRead(b *testing.B) {
	lines := realLines(b)
	var proto, pretties []byte
	var messages [][]byte
	spans := 0
	for l := range bytes.SplitSeq(lines, []byte("\n")) {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(l)
		require.NoError(b, err)
		spans += td.SpanCount()
		messages = append(messages, toProto(b, td))
		proto = append(proto, messages[len(messages)-1]...)
		pretties = append(pretties, pretty(b, l)...)
	}
	perSpan := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*spans), "ns/span")
	}
	b.Run("bare JSON", func(b *testing.B) {
		for b.Loop() {
			for l := range bytes.SplitSeq(lines, []byte("\n")) {
				_, _ = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(l)
			}
		}
		perSpan(b)
	})
	b.Run("bare protobuf", func(b *testing.B) {
		for b.Loop() {
			for _, m := range messages {
				_, _ = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(m)
			}
		}
		perSpan(b)
	})
	for _, f := range []struct {
		name string
		data []byte
	}{{"lines", lines}, {"lines, gzip", pack(b, lines)}, {"pretty", pretties}, {"protobuf", proto}} {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				err := otlpfile.Read(b.Context(), bytes.NewReader(f.data), "in", func(ptrace.Traces) error { return nil })
				require.NoError(b, err)
			}
			perSpan(b)
		})
	}
}

func realLines(b *testing.B) []byte {
	f, err := os.Open("../../../../auditor/testdata/java-agent/leak/traces.jsonl.gz")
	require.NoError(b, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(b, err)
	data, err := io.ReadAll(z)
	require.NoError(b, err)
	return bytes.TrimSpace(data)
}
