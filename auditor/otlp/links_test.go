package otlp

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestLinks(t *testing.T) {
	sp := processSpan()
	for i, kv := range []attrs{
		nil,
		{"gray.env", "gray", "messaging.message.id", "A"},
		{"messaging.message_id", "B", "gray.env", ""},
		{"messaging.message_id", "old", "messaging.message.id", "C", "other", 1},
	} {
		l := sp.Links().AppendEmpty()
		l.SetTraceID(pcommon.TraceID{byte(i + 1)})
		l.SetSpanID(pcommon.SpanID{byte(i + 1)})
		put(l.Attributes(), kv)
	}
	require.Equal(t, []auditor.Link{
		{TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{1}},
		{TraceID: auditor.TraceID{2}, SpanID: auditor.SpanID{2}, Tag: auditor.Reading{Present: true, Value: "gray"}, MessageID: "A"},
		{TraceID: auditor.TraceID{3}, SpanID: auditor.SpanID{3}, Tag: auditor.Reading{Present: true}, MessageID: "B"},
		{TraceID: auditor.TraceID{4}, SpanID: auditor.SpanID{4}, MessageID: "C"},
	}, decode(sp).Links)
}

// A link's attributes are not the span's.
func TestLinkDoesNotTagTheSpan(t *testing.T) {
	sp := newSpan(ptrace.SpanKindConsumer, attrs{"messaging.system", "rocketmq"})
	put(sp.Links().AppendEmpty().Attributes(), attrs{"gray.env", "gray", "messaging.message.id", "A"})
	got := decode(sp)
	require.Zero(t, got.Tag)
	require.Empty(t, got.Message.ID)
}

func TestLinkMemoryIsReusedAndBounded(t *testing.T) {
	many := processSpan()
	for range 10_000 {
		many.Links().AppendEmpty()
	}
	few := processSpan()
	few.Links().AppendEmpty()
	d := newDecoder()
	var out auditor.Span
	d.Span(few, 0, &out)
	small := &out.Links[0]
	d.Span(few, 0, &out)
	require.Same(t, small, &out.Links[0])
	d.Span(many, 0, &out)
	require.Len(t, out.Links, 10_000)
	d.Span(few, 0, &out)
	require.Len(t, out.Links, 1)
	require.LessOrEqual(t, cap(out.Links), maxLinks)
}
