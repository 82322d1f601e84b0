package dyetraceprocessor

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

const (
	trace1 = "01000000000000000000000000000000"
	trace2 = "02000000000000000000000000000000"
)

// three is a batch of three spans of trace 1, over two resources.
func three() ptrace.Traces {
	td := ptrace.NewTraces()
	n := byte(0)
	for _, spans := range [][]int{{1, 2}, {3}} {
		ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		for range spans {
			n++
			sp := ss.Spans().AppendEmpty()
			sp.SetTraceID(pcommon.TraceID{1})
			sp.SetSpanID(pcommon.SpanID{n})
		}
	}
	return td
}

func leakAt(trace, span string) auditor.Finding {
	return auditor.Finding{
		ID: "f" + span, State: auditor.StateOpen, Verdict: auditor.VerdictLeak, Certainty: auditor.Proven, Code: "M1", TraceID: trace, SpanID: span, Env: "gray",
		Peer: auditor.Peer{TraceID: trace2, SpanID: "0900000000000000"},
	}
}

func with(f auditor.Finding, change func(*auditor.Finding)) auditor.Finding {
	change(&f)
	return f
}

// flagsOf returns the attributes of the spans that have some, by number.
func flagsOf(td ptrace.Traces) map[int]map[string]any {
	out, n := map[int]map[string]any{}, 0
	for _, rs := range td.ResourceSpans().All() {
		for _, sp := range rs.ScopeSpans().At(0).Spans().All() {
			if sp.Attributes().Len() > 0 {
				out[n] = sp.Attributes().AsRaw()
			}
			n++
		}
	}
	return out
}

func TestFlag(t *testing.T) {
	own := leakAt(trace1, "0300000000000000")
	base := map[string]any{
		"gray.audit.verdict": "leak", "gray.audit.certainty": "proven", "gray.audit.code": "M1", "gray.audit.expected_env": "gray",
		"gray.audit.peer.span_id": "0900000000000000", "gray.audit.peer.trace_id": trace2, "gray.audit.findings": []any{"leak proven M1 f0300000000000000"},
	}
	and := func(more map[string]any) map[string]any {
		out := maps.Clone(base)
		maps.Copy(out, more)
		return out
	}
	far := with(leakAt(trace1, "0700000000000000"), func(f *auditor.Finding) { f.ID = own.ID })
	elsewhere := with(far, func(f *auditor.Finding) { f.TraceID = trace2 })
	for name, tc := range map[string]struct {
		found []enginehost.Found
		want  map[int]map[string]any
	}{
		"on its own span in hand":      {[]enginehost.Found{{Finding: own, At: 2}}, map[int]map[string]any{2: base}},
		"on its own span, seen before": {[]enginehost.Found{{Finding: own, At: 0}}, map[int]map[string]any{2: base}},
		"its span is gone": {
			[]enginehost.Found{{Finding: far, At: 1}},
			map[int]map[string]any{1: and(map[string]any{"gray.audit.span_id": "0700000000000000"})},
		},
		"its span is in another trace": {
			[]enginehost.Found{{Finding: elsewhere, At: 1}},
			map[int]map[string]any{1: and(map[string]any{"gray.audit.span_id": "0700000000000000", "gray.audit.trace_id": trace2})},
		},
		"withdrawn within the batch": {
			[]enginehost.Found{{Finding: own, At: 2}, {Finding: with(own, func(f *auditor.Finding) { f.State = auditor.StateWithdrawn }), At: 2}},
			map[int]map[string]any{},
		},
		"the last word counts": {
			[]enginehost.Found{{Finding: with(own, func(f *auditor.Finding) { f.Certainty = auditor.Suspected }), At: 1}, {Finding: own, At: 2}},
			map[int]map[string]any{2: base},
		},
		"the worst leads, all are listed": {
			[]enginehost.Found{
				{Finding: with(own, func(f *auditor.Finding) {
					f.ID, f.Certainty, f.Verdict, f.Code = "a", auditor.Suspected, auditor.VerdictCrossEnv, ""
				}), At: 2},
				{Finding: with(own, func(f *auditor.Finding) { f.ID, f.Verdict, f.Code = "b", auditor.VerdictInjection, "R4" }), At: 2},
				{Finding: own, At: 2},
			},
			map[int]map[string]any{2: and(map[string]any{"gray.audit.findings": []any{
				"leak proven M1 f0300000000000000", "injection proven R4 b", "cross_env suspected - a",
			}})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			td := three()
			require.Equal(t, len(tc.want), flag(td, tc.found))
			require.Equal(t, tc.want, flagsOf(td))
		})
	}
}

func TestExpectedEnvironment(t *testing.T) {
	for _, tc := range []struct {
		verdict   auditor.Verdict
		env, want string
	}{
		{auditor.VerdictEscape, "gray", "gray"},
		{auditor.VerdictMutation, "gray", "gray"},
		{auditor.VerdictPollution, "", "baseline"},
		{auditor.VerdictInjection, "gray", "baseline"},
	} {
		require.Equal(t, tc.want, expected(&auditor.Finding{Verdict: tc.verdict, Env: tc.env}), tc.verdict)
	}
}

func TestDuplicatesInABatchAreFlaggedOnce(t *testing.T) {
	td := three()
	td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(0).SetSpanID(pcommon.SpanID{2})
	require.Equal(t, 1, flag(td, []enginehost.Found{{Finding: leakAt(trace1, "0200000000000000"), At: 1}}))
	require.Contains(t, flagsOf(td), 1)
}
