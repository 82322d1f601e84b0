package otlp

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// FuzzDecode feeds whatever OTLP protobuf unmarshals: no panic, every span
// arrives once, what comes out keeps its bounds and depends on nothing before.
func FuzzDecode(f *testing.F) {
	for _, sp := range []ptrace.Span{clientSpan(), serverSpan(), processSpan(), capturedSpan()} {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		put(rs.Resource().Attributes(), attrs{"service.name", "a", "gray.home", "gray", "gray.reporting", true})
		sp.TraceState().FromRaw("dye=gray,ot=th:8")
		put(sp.Links().AppendEmpty().Attributes(), attrs{"gray.env", "gray", "messaging.message.id", "A"})
		sp.CopyTo(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
		b, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(f, err)
		f.Add(b)
	}
	d := newDecoder()
	f.Fuzz(func(t *testing.T, b []byte) {
		td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(b)
		if err != nil {
			return
		}
		var first, second recorder
		require.Equal(t, td.SpanCount(), Feed(&first, d, 1, td))
		require.Len(t, first.spans, td.SpanCount())
		Feed(&second, newDecoder(), 1, td)
		require.Equal(t, second, first, "a used decoder reads as a new one")
		for i := range first.spans {
			checkBounds(t, &first.spans[i], len(b))
		}
	})
}

func checkBounds(t *testing.T, s *auditor.Span, size int) {
	t.Helper()
	require.LessOrEqual(t, s.Kind, auditor.KindConsumer)
	require.LessOrEqual(t, s.Op, auditor.OpSettle)
	require.Less(t, s.Threshold, uint64(1)<<56)
	require.True(t, s.HasThreshold || s.Threshold == 0)
	require.True(t, s.Start >= 0 && s.End >= 0 && s.Message.Batch >= 0)
	require.True(t, s.Message.Delay >= 0 && s.Message.Delay <= int64(maxDelay))
	require.True(t, s.Op.Messaging() || s.Message == auditor.Message{})
	require.True(t, s.Kind == auditor.KindServer || s.Route == "")
	for _, text := range []string{s.Name, s.Tag.Value, s.Witness, s.Header.Value, s.Message.ID, s.Message.Group} {
		require.LessOrEqual(t, len(text), max(size, 24), "nothing grows; 24 holds any printed number")
	}
	require.LessOrEqual(t, len(s.Route), 2*maxRoutePart+size)
}

// FuzzBaggage holds the scan against a plain reading of the header.
func FuzzBaggage(f *testing.F) {
	for _, s := range []string{"env=gray", "a=b, env = x ;p=1,env=%67", "env=%", ",;=", "gray.env=a,env=b,env"} {
		f.Add(s)
	}
	keys := []string{"env", "gray.env"}
	f.Fuzz(func(t *testing.T, header string) {
		if len(header) > maxHeader {
			return
		}
		values := map[string]string{}
		for m := range strings.SplitSeq(header, ",") {
			if k, v, ok := strings.Cut(strings.Split(m, ";")[0], "="); ok {
				values[strings.Trim(k, " \t")] = strings.Trim(v, " \t")
			}
		}
		got := member{rank: noRank}
		got.scan(header, keys)
		if i := slices.IndexFunc(keys, func(k string) bool { _, ok := values[k]; return ok }); i >= 0 {
			require.Equal(t, member{rank: int16(i), value: values[keys[i]]}, got)
		} else {
			require.Equal(t, member{rank: noRank}, got)
		}
		require.LessOrEqual(t, len(unescape(nil, got.value)), len(got.value))
	})
}

// FuzzTraceState checks the bounds, and that other vendors' members do not matter.
func FuzzTraceState(f *testing.F) {
	for _, s := range []string{"dye=gray", "ot=th:8", "a=b,ot=rv:0123456789abcd;th:c,dye=x", "ot=th:zz,,=", " dye=a\t,dye=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, state string) {
		if len(state) > maxHeader-4 {
			return
		}
		m := parseState(state)
		require.Less(t, m.threshold, uint64(1)<<56)
		require.True(t, m.hasThreshold || m.threshold == 0)
		require.Contains(t, state, m.witness)
		require.NotContains(t, m.witness, ",")
		require.Equal(t, m, parseState("x=y,"+state))
	})
}
