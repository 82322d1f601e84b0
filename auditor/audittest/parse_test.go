package audittest

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

const small = `policy
  origins: [gateway]
end
reporting: svc-*
case "one" (R1, T4)
  trace t at=5s th=c
    gateway/base SERVER "GET /api" #in
      svc-a/gray CLIENT env=gray => leak proven R1 blame=gateway/router peer=#in; escape code=none
      svc-a/- CONSUMER mq=T links=#in(env=gray,msgid=m1),missing group=g # comment
  report
    coverage 1/2
`

func TestParseReadsTheTree(t *testing.T) {
	s, err := Parse("x.audit", []byte(small))
	require.NoError(t, err)
	require.Len(t, s.Cases, 1)
	c := s.Cases[0]
	require.Equal(t, []string{"R1", "T4"}, c.Covers)
	require.Len(t, c.Spans, 3)
	root, call, process := c.Spans[0], c.Spans[1], c.Spans[2]

	start := Start().Add(5 * time.Second).UnixNano()
	require.Equal(t, start, root.Span.Start)
	require.Equal(t, start+int64(time.Millisecond), call.Span.Start)
	require.Equal(t, "GET /api", root.Span.Route)
	require.False(t, root.Resource.Reporting)
	require.True(t, call.Resource.Reporting)
	require.Equal(t, root.Span.SpanID, call.Span.ParentID)
	require.Equal(t, root.Span.SpanID, process.Span.ParentID)
	require.Equal(t, root.Span.TraceID, process.Span.TraceID)
	require.Equal(t, uint64(0xc)<<52, root.Span.Threshold)
	require.Equal(t, auditor.Reading{Present: true, Value: "gray"}, call.Span.Tag)

	require.False(t, process.Resource.Home.Present)
	require.Equal(t, auditor.OpProcess, process.Span.Op)
	require.Equal(t, auditor.RemoteYes, process.Span.Remote)
	require.Equal(t, "rocketmq", process.Span.Message.System)
	require.Len(t, process.Span.Links, 2)
	require.Equal(t, root.Span.SpanID, process.Span.Links[0].SpanID)
	require.Equal(t, "m1", process.Span.Links[0].MessageID)
	require.False(t, process.Span.Links[1].SpanID.IsZero())

	require.Len(t, call.Expect, 2)
	require.Equal(t, root.Span.SpanID, call.Expect[0].peerID)
	require.Equal(t, auditor.WhereRouter, call.Expect[0].BlameWhere)
	require.Empty(t, process.Expect)
	require.Equal(t, "\norigins: [gateway]\nversion: 1\n", c.PolicyYAML())
}

func TestParseKeepsUnseenSpansOut(t *testing.T) {
	s, err := Parse("x", []byte("case \"c\"\n trace t\n  a/base SERVER unseen\n   b/base SERVER\n"))
	require.NoError(t, err)
	require.Len(t, s.Cases[0].Spans, 1)
	require.False(t, s.Cases[0].Spans[0].Span.ParentID.IsZero())
}

func TestPolicyOfACaseReplacesKeyByKey(t *testing.T) {
	const text = `policy
  origins: [gateway]
  windows:
    pair: 1s
end
case "own"
  policy
    windows: {pair: 2s}
    fallback: forbid
  end
  trace t
    a/base SERVER
`
	s, err := Parse("x", []byte(text))
	require.NoError(t, err)
	require.Equal(t, "\norigins: [gateway]\n\n\n\n\n\nwindows: {pair: 2s}\nfallback: forbid\nversion: 1\n", s.Cases[0].PolicyYAML())
}

func TestSkewMovesTheClockNotTheArrival(t *testing.T) {
	s, err := Parse("x", []byte("case \"c\"\n skew: a/base 1h\n trace t\n  a/base SERVER at=2s\n"))
	require.NoError(t, err)
	span := s.Cases[0].Spans[0]
	require.Equal(t, Start().Add(2*time.Second).UnixNano(), span.Arrives)
	require.Equal(t, Start().Add(time.Hour+2*time.Second).UnixNano(), span.Span.Start)
}

func TestParseErrorsNameThePlaceAndTheCure(t *testing.T) {
	const in = "case \"c\"\n trace t\n"
	tests := []struct{ name, text, want string }{
		{"empty", "", `x:1:1: no case; begin one with`},
		{"tab", "\tcase", "x:1:1: tab character; indent with spaces"},
		{"open quote", `case "a`, "x:1:6: quote without an end"},
		{"outside", "a/base SERVER", `x:1:1: "a/base" outside of a case`},
		{"no name", "case", "x:1:1: case without a name"},
		{"bad code", `case "c" (X1)`, `x:1:10: "(X1)" is no code`},
		{"same case", in + "  a/base SERVER\n" + `case "c"`, `x:4:6: second case "c"`},
		{"no spans", `case "c"`, `x:1:1: case "c" has no spans`},
		{"outside trace", "case \"c\"\n a/base SERVER", `x:2:2: "a/base" outside of a trace`},
		{"trace outside", "trace t", "x:1:1: trace outside of a case"},
		{"same trace", in + "  a/base SERVER\n trace t", `x:4:8: second trace "t"`},
		{"trace time", "case \"c\"\n trace t at=soon", `x:2:10: "soon" is no duration`},
		{"trace th", "case \"c\"\n trace t th=g", `x:2:10: "g" is no threshold`},
		{"trace word", "case \"c\"\n trace t x=1", `x:2:10: "x=1" is no property of a trace`},
		{"workload", in + "  a SERVER", `x:3:3: "a" is no workload`},
		{"no kind", in + "  a/base", "x:3:3: no span kind"},
		{"kind", in + "  a/base SERVRE", `x:3:10: "SERVRE" is no span kind; use SERVER`},
		{"attribute", in + "  a/base SERVER enb=gray", `x:3:17: unknown attribute "enb"; the attributes are`},
		{"flag", in + "  a/base SERVER dup", `x:3:17: unknown attribute "dup"`},
		{"time", in + "  a/base SERVER at=x", `x:3:17: "x" does not fit at; write a duration`},
		{"negative", in + "  a/base SERVER dur=-1s", `"-1s" does not fit dur`},
		{"number", in + "  a/base CONSUMER mq=T batch=-1", `"-1" does not fit batch; write a number`},
		{"threshold", in + "  a/base SERVER th=123456789012345", "does not fit th"},
		{"choice", in + "  a/base SERVER op=sned", `"sned" does not fit op`},
		{"no topic", in + "  a/base CONSUMER", "x:3:10: messaging span without a topic; add mq=TOPIC"},
		{"topic on rpc", in + "  a/base SERVER mq=T", "x:3:10: messaging attributes on a span that is no messaging"},
		{"two parents", in + "  a/base SERVER\n   b/base SERVER parent=missing", "x:4:4: parent=missing on a span that has a parent"},
		{"indent", in + "    a/base SERVER\n      b/base SERVER\n     c/base SERVER", "x:5:6: indentation matches no line above"},
		{"label twice", in + "  a/base SERVER #l\n  b/base SERVER #l", "x:4:3: #l stands on line 3 already"},
		{"link", in + "  a/base SERVER links=#nobody", "x:3:17: no span #nobody in this case; give that span a label"},
		{"link form", in + "  a/base SERVER links=b", `x:3:17: "b" is no link`},
		{"link attribute", in + "  a/base SERVER links=missing(x=1)", "are no attributes of a link"},
		{"verdict", in + "  a/base SERVER => laek", `x:3:20: "laek" is no verdict`},
		{"no verdict", in + "  a/base SERVER => proven", "x:3:20: expectation without a verdict"},
		{"after ;", in + "  a/base SERVER => leak;", "expectation without a verdict"},
		{"field", in + "  a/base SERVER => leak blame=a/there", `x:3:25: "blame=a/there" is no field`},
		{"ok is no finding", in + "  a/base SERVER => ok", `"ok" is no verdict`},
		{"peer", in + "  a/base SERVER => leak peer=#p", "x:3:3: peer: no span #p"},
		{"unseen", in + "  a/base SERVER unseen => leak", "x:3:24: expectation of an unseen span"},
		{"all unseen", in + "  a/base SERVER unseen", "every span of the case is unseen"},
		{"policy end", "policy\n  x: 1", "x:1:1: policy block without an end"},
		{"policy twice", "policy\nend\npolicy\nend", "x:3:1: second policy block"},
		{"policy left", "policy\n  x: 1\n y: 2\nend", "x:3:1: line stands left of the policy block"},
		{"reporting", "reporting:", "x:1:1: reporting: without names"},
		{"glob", "reporting: a[", `x:1:12: "a[" is no glob`},
		{"skew", "skew: a 1h", "x:1:1: skew needs a workload"},
		{"skew time", "skew: a/b c", `x:1:11: "c" is no duration`},
		{"report", in + "  a/base SERVER\n report\n  hops many", `x:5:3: "hops many" is no expectation of a report`},
		{"report reason", in + "  a/base SERVER\n report\n  undecidable because 1", "is no expectation of a report"},
		{"report share", in + "  a/base SERVER\n report\n  share service a gray 3/2", "is no expectation of a report"},
		{"report twice", in + "  a/base SERVER\n report\n report", "x:5:2: second report"},
		{"trace after report", in + "  a/base SERVER\n report\n trace u", "x:5:2: trace after report"},
		{"deep", in + deep(MaxDepth+1), "more than 128 levels"},
		{"many", in + strings.Repeat("  a/b SERVER\n", MaxSpans+1), "more than 20000 spans"},
		{"big", strings.Repeat("#", MaxBytes+1), "split the file"},
		{"links", in + "  a/b SERVER links=" + strings.Repeat("missing,", MaxLinks) + "missing", "more than 1024 links"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("x", []byte(tt.text))
			require.ErrorContains(t, err, tt.want)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.Advice)
		})
	}
}

// deep is a tree of n levels.
func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+2) + "a/b SERVER\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("case \"\" ()\n trace =\n  /\"\" SERVER links=#(,) => ;;\nreport\n"))
	f.Add([]byte("policy\n \n\nend\ncase \"a\"\n trace t\n  a/- CLIENT op=send mq=\"\" th=ffffffffffffff\n"))
	entries, err := builtin.ReadDir("cases")
	require.NoError(f, err)
	for _, e := range entries {
		data, err := os.ReadFile("cases/" + e.Name())
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz", data)
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Positive(t, e.Line)
			require.Positive(t, e.Column)
			return
		}
		requireSound(t, s, strings.Count(string(data), "\n")+1)
	})
}

// requireSound checks what holds for every script that parses.
func requireSound(t *testing.T, s *Script, lines int) {
	t.Helper()
	ids := map[auditor.SpanID]bool{}
	n := 0
	for i := range s.Cases {
		c := &s.Cases[i]
		n += len(c.Spans)
		require.NotEmpty(t, c.Spans)
		for _, span := range c.Spans {
			if span.Span.SpanID.IsZero() || ids[span.Span.SpanID] || len(span.Expect) > MaxFindings ||
				span.Span.Op.Messaging() && span.Span.Message.Destination == "" {
				t.Fatalf("line %d: %+v", span.Line, span)
			}
			ids[span.Span.SpanID] = true
		}
	}
	require.LessOrEqual(t, n, lines)
	require.LessOrEqual(t, strings.Count(s.Cases[0].PolicyYAML(), "\n"), lines+2)
}
