package nesting

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// deep nests fields in each other, with so much text beside them that the size
// alone lets nothing pass.
func deep(levels int) []byte {
	b := []byte("\x08\x01")
	for range levels {
		b = append(protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.BytesType), uint64(len(b))), b...)
	}
	return append(b, protowire.AppendBytes(protowire.AppendTag(nil, 15, protowire.BytesType), bytes.Repeat([]byte{0xff}, harmless))...)
}

func TestCheck(t *testing.T) {
	whole := make([]traffic.Trace, 500)
	g := traffic.New(1)
	for i := range whole {
		whole[i] = g.Next(time.Unix(1_800_000_000, 0))
	}
	spans, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traffic.Whole(whole...))
	require.NoError(t, err)
	require.Greater(t, len(spans), harmless)
	for _, c := range []struct {
		name  string
		data  []byte
		limit int
		err   error
	}{
		{"spans", spans, 10, nil},
		{"at the limit", deep(100), 100, nil},
		{"above it", deep(101), 100, ErrTooDeep},
		{"far above it", deep(3000), 100, ErrTooDeep},
		{"behind a group, which pdata skips", append([]byte{1<<3 | wireGroup, 1<<3 | wireGroupEnd}, deep(3000)...), 100, ErrTooDeep},
		{"small ones are harmless", deep(3000)[:harmless-1], 100, nil},
		{"no message", bytes.Repeat([]byte{0xff}, harmless), 1, nil},
		{"cut", spans[:len(spans)-7], 10, nil},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, Check(c.data, c.limit), c.err) })
	}
}

func TestCheckJSON(t *testing.T) {
	pad := strings.Repeat(" ", harmless)
	for _, c := range []struct {
		name, text string
		err        error
	}{
		{"at the limit", strings.Repeat("[", 10) + strings.Repeat("]", 10), nil},
		{"above it", strings.Repeat(`{"a":[`, 5) + "[", ErrTooDeep},
		{"beside each other", strings.Repeat("[]", 100), nil},
		{"in a text", `["` + strings.Repeat("[", 100) + `\"[[[[[[[[[[["]`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorIs(t, CheckJSON([]byte(c.text+pad), 10), c.err)
			require.NoError(t, CheckJSON([]byte(c.text), 10), "small ones are harmless")
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	whole := make([]traffic.Trace, 500)
	g := traffic.New(1)
	for i := range whole {
		whole[i] = g.Next(time.Unix(1_800_000_000, 0))
	}
	spans, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traffic.Whole(whole...))
	require.NoError(b, err)
	n := float64(traffic.SpansOfTrace * len(whole))
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			_ = Check(spans, defaultDepth)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
	})
	b.Run("unmarshal", func(b *testing.B) {
		for b.Loop() {
			_, _ = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(spans)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/span")
	})
}
