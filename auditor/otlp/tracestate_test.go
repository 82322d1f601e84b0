package otlp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestTraceState(t *testing.T) {
	th := func(v uint64) stateMembers { return stateMembers{hasThreshold: true, threshold: v} }
	for _, c := range []struct {
		state string
		want  stateMembers
	}{
		{"", stateMembers{}},
		{"dye=gray", stateMembers{witness: "gray"}},
		{"a=b, dye=gray\t,c=d", stateMembers{witness: "gray"}},
		{"dye=gray,dye=blue", stateMembers{witness: "gray"}},
		{"xdye=gray,dyes=blue,dye", stateMembers{}},
		{"dye=", stateMembers{}},
		{"ot=th:0", th(0)},
		{"ot=th:8", th(1 << 55)},
		{"ot=th:e6", th(0xe6 << 48)},
		{"ot=th:FFFFFFFFFFFFFF", th(1<<56 - 1)},
		{"ot=th:c;rv:0123456789abcd", th(0xc << 52)},
		{"ot=rv:0123456789abcd;th:c", th(0xc << 52)},
		{"vendor=x,ot=p:8;r:62;th:c,dye=gray", stateMembers{witness: "gray", hasThreshold: true, threshold: 0xc << 52}},
		{"ot=th:", stateMembers{}},
		{"ot=th:123456789abcdef", stateMembers{}}, // 15 digits
		{"ot=th:0x8", stateMembers{}},
		{"ot=th:-8", stateMembers{}},
		{"ot=xth:8", stateMembers{}},
		{"ot=p:8", stateMembers{}},
		{",,=,;", stateMembers{}},
		{strings.Repeat("a=b,", maxHeader/4) + "dye=gray", stateMembers{}}, // beyond what is read
	} {
		require.Equal(t, c.want, parseState(c.state), "%.60q", c.state)
	}
}

func TestSpanReadsTraceState(t *testing.T) {
	sp := newSpan(ptrace.SpanKindServer, nil)
	sp.TraceState().FromRaw("dye=gray,ot=th:4")
	got := decode(sp)
	require.Equal(t, "gray", got.Witness)
	require.True(t, got.HasThreshold)
	require.Equal(t, uint64(1<<54), got.Threshold)
}
