package otlp

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

var _ Engine = (*auditor.Engine)(nil)

// recorder is an engine that copies all it is given.
type recorder struct {
	resources []auditor.Resource
	spans     []auditor.Span
	now       []int64
}

func (e *recorder) Resource(r auditor.Resource) auditor.ResourceID {
	r.Service, r.Home.Value = strings.Clone(r.Service), strings.Clone(r.Home.Value)
	if i := slices.Index(e.resources, r); i >= 0 {
		return auditor.ResourceID(i)
	}
	e.resources = append(e.resources, r)
	return auditor.ResourceID(len(e.resources) - 1)
}

func (e *recorder) Add(now int64, s *auditor.Span) {
	c := *s
	for _, p := range []*string{
		&c.Name, &c.Route, &c.Tag.Value, &c.Witness, &c.Header.Value, &c.Message.System, &c.Message.Destination,
		&c.Message.Group, &c.Message.ID, &c.Message.Filter, &c.Message.Property.Value,
	} {
		*p = strings.Clone(*p)
	}
	c.Links = append([]auditor.Link(nil), s.Links...)
	for i := range c.Links {
		l := &c.Links[i]
		l.Tag.Value, l.MessageID = strings.Clone(l.Tag.Value), strings.Clone(l.MessageID)
	}
	e.spans = append(e.spans, c)
	e.now = append(e.now, now)
}

func unmarshal(t *testing.T, json string) ptrace.Traces {
	t.Helper()
	td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces([]byte(json))
	require.NoError(t, err)
	return td
}

// javaSpans feeds the spans that the Java agent sent: testdata/java-agent.jsonl,
// one request a line.
func javaSpans(t *testing.T, d *Decoder, e Engine) {
	t.Helper()
	f, err := os.Open("testdata/java-agent.jsonl")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		require.Equal(t, 1, Feed(e, d, 42, unmarshal(t, lines.Text())))
	}
	require.NoError(t, lines.Err())
}

// TestJavaAgent checks what the rules need of spans as agent 2.33.1 sends them.
func TestJavaAgent(t *testing.T) {
	var e recorder
	javaSpans(t, NewDecoder(auditor.Keys{Env: []string{"env"}, Home: []string{"gray.workload.env"}}, Options{}), &e)
	gray, none := auditor.Reading{Present: true, Value: "gray"}, auditor.Reading{}
	message := func(m auditor.Message) auditor.Message {
		m.System, m.Destination = "rocketmq", "TEST_MQ"
		return m
	}
	const id = "FD00000000000000000000000000000"
	for i, want := range []struct {
		service, home string
		op            auditor.Op
		remote        auditor.Remote
		tag, header   auditor.Reading
		message       auditor.Message
		links         int
	}{
		{service: "svc-c", home: "gray", op: auditor.OpSend, remote: auditor.RemoteNo, tag: gray, message: message(auditor.Message{ID: id + "21E7D215888096BCFD6D700AA", Filter: "order", Property: gray})},
		{service: "svc-a", home: "gray", op: auditor.OpProcess, remote: auditor.RemoteYes, tag: gray, message: message(auditor.Message{ID: id + "21E7D215888096BCFD6D700AA", Group: "GID_A_gray", Property: gray})},
		{service: "svc-c", home: "gray", op: auditor.OpSend, remote: auditor.RemoteNo, tag: gray, header: gray, message: message(auditor.Message{ID: id + "27309215888096BD763140032", Filter: "order", Property: gray})},
		{service: "svc-a", home: "base", op: auditor.OpProcess, remote: auditor.RemoteYes, tag: gray, header: gray, links: 1, message: message(auditor.Message{ID: id + "27309215888096BD7631A0034", Group: "GID_A", Property: gray})},
		{service: "svc-a", home: "base", op: auditor.OpProcess, remote: auditor.RemoteNo, tag: none, links: 5, message: message(auditor.Message{Group: "GID_A", Batch: 5})},
		{service: "svc-c", home: "gray", op: auditor.OpRPC, remote: auditor.RemoteYes, tag: gray},
		{service: "svc-c", home: "gray", op: auditor.OpRPC, remote: auditor.RemoteYes, tag: gray},
		{service: "svc-a", home: "gray", op: auditor.OpRPC, remote: auditor.RemoteYes, tag: gray, header: gray},
		{service: "svc-a", home: "gray", op: auditor.OpOther, remote: auditor.RemoteNo, tag: gray},
	} {
		got := e.spans[i]
		require.Equal(t, auditor.Resource{Service: want.service, Home: auditor.Reading{Present: true, Value: want.home}}, e.resources[got.Resource], "span %d", i)
		require.Equal(t, want.op, got.Op, "span %d", i)
		require.Equal(t, want.remote, got.Remote, "span %d", i)
		require.Equal(t, got.Kind == auditor.KindServer, got.Route != "", "span %d", i)
		require.Equal(t, want.tag, got.Tag, "span %d", i)
		require.Equal(t, want.header, got.Header, "span %d", i)
		require.Equal(t, want.message, got.Message, "span %d", i)
		require.Len(t, got.Links, want.links, "span %d", i)
		require.Equal(t, int64(42), e.now[i])
	}
	require.Len(t, e.spans, 9)
	require.Equal(t, id+"27304215888096BD8615500B0", e.spans[4].Links[0].MessageID)
}

func TestFeedKeepsNothing(t *testing.T) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	capturedSpan().CopyTo(spans.AppendEmpty())
	put(spans.At(0).Links().AppendEmpty().Attributes(), attrs{"messaging.message.id", "A"})
	d := newDecoder()
	require.Equal(t, 1, Feed(&recorder{}, d, 0, td))
	for i := range d.noted {
		require.Zero(t, d.noted[i])
	}
	require.Equal(t, auditor.Link{}, d.span.Links[:1][0])
	require.Empty(t, d.span.Name)
}

func TestFeedEmpty(t *testing.T) {
	var e recorder
	require.Zero(t, Feed(&e, newDecoder(), 0, ptrace.NewTraces()))
	require.Empty(t, e.resources)
}

func TestSpanDoesNotAllocate(t *testing.T) {
	numbers := newSpan(ptrace.SpanKindConsumer, attrs{
		"gray.env", 5, "messaging.system", "kafka", "messaging.kafka.partition", 7, "messaging.batch.message_count", "9",
		"messaging.rocketmq.message.delivery_timestamp", "nonsense",
	})
	linked := processSpan()
	linked.TraceState().FromRaw("dye=gray,ot=rv:0123456789abcd;th:8")
	for i := range 100 {
		put(linked.Links().AppendEmpty().Attributes(), attrs{"messaging.message.id", i, "gray.env", "gray"})
	}
	for name, sp := range map[string]ptrace.Span{
		"client": clientSpan(), "server": serverSpan(), "process": processSpan(), "captured": capturedSpan(),
		"numbers": numbers, "linked": linked,
	} {
		d := newDecoder()
		var out auditor.Span
		d.Span(sp, 1, &out) // the scratch memory grows once
		require.Zero(t, testing.AllocsPerRun(100, func() { d.Span(sp, 1, &out) }), name)
	}
}

func TestHugeValuesAreNotCopied(t *testing.T) {
	huge := strings.Repeat("v", 1<<20)
	sp := newSpan(ptrace.SpanKindServer, attrs{
		"gray.env", huge, "http.request.method", huge, "url.path", huge,
		"http.request.header.baggage", list("gray.env=" + strings.Repeat("%41", 1<<19)),
	})
	d := newDecoder()
	var out auditor.Span
	d.Span(sp, 1, &out)
	require.Len(t, out.Tag.Value, 1<<20)
	require.LessOrEqual(t, len(out.Header.Value), maxHeader)
	require.LessOrEqual(t, cap(d.buf), 2*maxHeader)
	d.Span(clientSpan(), 1, &out)
	require.LessOrEqual(t, cap(d.buf), maxScratch)
}
