package processor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/internal/collectortest"
)

const sideBySide = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${socket}", transport: unix, max_recv_msg_size_mib: 64}}}}
processors: {dyetrace: {policy_file: "${policy}"}}
exporters: {sink/plain: , sink/flagged: }
service:
  pipelines:
    traces/plain: {receivers: [otlp], exporters: [sink/plain]}
    traces/flagged: {receivers: [otlp], processors: [dyetrace], exporters: [sink/flagged]}
`

// With the flags removed the spans are those of the same pipeline without the
// processor, batch for batch, in the same order.
func TestSpansPassUnchanged(t *testing.T) {
	for _, c := range corpora(t) {
		t.Run(c.name, func(t *testing.T) {
			col := c.start(t, sideBySide)
			for _, td := range c.batches {
				require.NoError(t, col.Send(td))
			}
			for _, td := range c.shuffled(11) {
				require.NoError(t, col.Send(td))
			}
			plain, flagged := col.Sinks.Traces("plain"), col.Sinks.Traces("flagged")
			require.Len(t, flagged, len(plain))
			flags := 0
			for i := range plain {
				flags += unflag(flagged[i])
				require.Equal(t, encode(t, plain[i]), encode(t, flagged[i]), "batch %d", i)
			}
			if strings.HasPrefix(c.name, "leak") || strings.Contains(c.name, "escape") {
				require.NotZero(t, flags)
			}
		})
	}
}

// unflag takes all flags off and counts the flagged spans.
func unflag(td ptrace.Traces) int {
	n := 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				if _, found := sp.Attributes().Get("gray.audit.verdict"); found {
					n++
				}
				sp.Attributes().RemoveIf(func(k string, _ pcommon.Value) bool { return strings.HasPrefix(k, "gray.audit.") })
			}
		}
	}
	return n
}

func encode(t *testing.T, td ptrace.Traces) string {
	t.Helper()
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return string(text)
}

// Every finding that spans bring to light is on a span of its trace, so that a
// sampler keeps the trace.
func TestFindingsFlagTheirTraces(t *testing.T) {
	c := readCorpus(t, "../auditor/testdata/java-agent/leak")
	col := c.start(t, sideBySide)
	for _, td := range c.batches {
		require.NoError(t, col.Send(td))
	}
	kept := map[string]bool{}
	for _, td := range col.Sinks.Traces("flagged") {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					if v, found := sp.Attributes().Get("gray.audit.verdict"); found {
						kept[fmt.Sprintf("%s %s", v.Str(), sp.TraceID())] = true
					}
				}
			}
		}
	}
	leaks := 0
	for _, f := range c.check(t).Findings {
		if f.Verdict == auditor.VerdictLeak {
			leaks++
			require.True(t, kept["leak "+f.TraceID], f.Explain)
		}
	}
	require.NotZero(t, leaks)
}

// Nobody outside may flag: not on spans, scopes or resources.
func TestForeignFlagsAreStripped(t *testing.T) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("gray.audit.verdict", "leak")
	rs.Resource().Attributes().PutStr("gray.home", "base")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().Attributes().PutStr("gray.audit.certainty", "proven")
	sp := ss.Spans().AppendEmpty()
	sp.SetTraceID(pcommon.TraceID{1})
	sp.SetSpanID(pcommon.SpanID{1})
	sp.Attributes().PutStr("gray.audit.findings", "forged")
	sp.Attributes().PutStr("gray.auditor", "kept")
	col := collectortest.Start(t, strings.Replace(sideBySide, `{policy_file: "${policy}"}`, "", 1))
	require.NoError(t, col.Send(td))
	got := col.Sinks.Traces("flagged")[0].ResourceSpans().At(0)
	require.Equal(t, map[string]any{"gray.home": "base"}, got.Resource().Attributes().AsRaw())
	require.Empty(t, got.ScopeSpans().At(0).Scope().Attributes().AsRaw())
	require.Equal(t, map[string]any{"gray.auditor": "kept"}, got.ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw())
	require.Len(t, col.Sinks.Traces("plain")[0].ResourceSpans().At(0).Resource().Attributes().AsRaw(), 2, "only the processor strips")
}
