package otlp

import (
	"bufio"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// bothWays holds FeedProto against pdata: the same facts, or the same refusal
// after the spans before the bad place.
func bothWays(t *testing.T, d *Decoder, message []byte) {
	t.Helper()
	var got, want recorder
	n, err := FeedProto(&got, d, 1, message)
	require.Len(t, got.spans, n)
	td, refused := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(message)
	require.Equal(t, refused, err)
	if err == nil {
		require.Equal(t, td.SpanCount(), Feed(&want, d, 1, td))
		require.Equal(t, want, got)
	}
}

// readOffWire reports whether the wire was enough.
func readOffWire(d *Decoder, message []byte) bool {
	w := wireFeed{e: &recorder{}, d: d}
	return w.message(message)
}

func marshal(t testing.TB, td ptrace.Traces) []byte {
	t.Helper()
	b, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
	require.NoError(t, err)
	return b
}

// everything is a message with all that the conventions of OTLP know.
func everything(t testing.TB) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	for _, service := range []string{"a", "b"} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.37.0")
		put(rs.Resource().Attributes(), attrs{"service.name", service, "gray.home", "gray", "gray.reporting", true, "cores", 2, "load", 0.5})
		rs.Resource().SetDroppedAttributesCount(3)
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName("scope")
		ss.Scope().SetVersion("1")
		put(ss.Scope().Attributes(), attrs{"k", "v"})
		ss.SetSchemaUrl("https://opentelemetry.io/schemas/1.37.0")
		for _, sp := range []ptrace.Span{clientSpan(), serverSpan(), processSpan(), capturedSpan()} {
			sp.TraceState().FromRaw("dye=gray,ot=th:8")
			sp.SetFlags(0x301)
			sp.SetDroppedLinksCount(1)
			sp.Status().SetMessage("failed")
			sp.Status().SetCode(ptrace.StatusCodeError)
			put(sp.Attributes(), attrs{"nested", list(list("x"), map[string]any{"k": []byte{1}}), "ratio", 0.1, "none", nil})
			e := sp.Events().AppendEmpty()
			e.SetName("exception")
			put(e.Attributes(), attrs{"k", list("v", 1, true)})
			l := sp.Links().AppendEmpty()
			l.SetTraceID(sp.TraceID())
			l.SetSpanID(sp.SpanID())
			l.SetFlags(0x100)
			l.TraceState().FromRaw("a=b")
			put(l.Attributes(), attrs{"gray.env", "gray", "messaging.message_id", "B", "messaging.message.id", "A"})
			sp.CopyTo(ss.Spans().AppendEmpty())
		}
	}
	return td
}

func TestWireIsReadWithoutPdata(t *testing.T) {
	d := newDecoder()
	message := marshal(t, everything(t))
	require.True(t, readOffWire(d, message), "nothing here is unusual")
	bothWays(t, d, message)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = FeedProto(&sink{}, d, 1, message) }))
}

type sink struct{}

func (sink) Resource(auditor.Resource) auditor.ResourceID { return 1 }
func (sink) Add(int64, *auditor.Span)                     {}

// TestWireAgainstPdata cuts and changes a message at every byte.
func TestWireAgainstPdata(t *testing.T) {
	d := newDecoder()
	message := marshal(t, everything(t))
	message = message[:len(message)/2] // one ResourceSpans: the whole is the same twice
	bothWays(t, d, message)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range message {
		bothWays(t, d, message[:i])
		changed := slices.Clone(message)
		changed[i] = byte(random.Uint32())
		bothWays(t, d, changed)
	}
}

// TestWireOfJavaAgent reads what real agents send.
func TestWireOfJavaAgent(t *testing.T) {
	d := newDecoder()
	f, err := os.Open("testdata/java-agent.jsonl")
	require.NoError(t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		message := marshal(t, unmarshal(t, lines.Text()))
		require.True(t, readOffWire(d, message))
		bothWays(t, d, message)
	}
}

// TestUnusualWire: what is legal and rare gives pdata's facts.
func TestUnusualWire(t *testing.T) {
	field := func(tag byte, content ...byte) []byte { return append([]byte{tag, byte(len(content))}, content...) }
	join := slices.Concat[[]byte]
	pair := func(k, v string) []byte {
		return join(field(pairKey, []byte(k)...), field(pairValue, field(valueString, []byte(v)...)...))
	}
	span := func(fields ...[]byte) []byte {
		rs := field(resourceScope, field(scopeSpan, join(fields...)...)...)
		return field(tracesResource, rs...)
	}
	id := field(spanID, 1, 2, 3, 4, 5, 6, 7, 8)
	for name, message := range map[string][]byte{
		"empty":                    {},
		"attributes before kind":   span(field(spanAttribute, pair("messaging.system", "kafka")...), []byte{spanKind, 4}, id),
		"a field of the future":    span(id, field(31<<3|wireLen, 1, 2)),
		"a group":                  span(id, []byte{20<<3&0x7f | 3, 20<<3&0x7f | 4}),
		"an id of five bytes":      span(field(spanID, 1, 2, 3, 4, 5)),
		"an empty id":              span(field(spanID), field(spanTraceID)),
		"status twice":             span(id, field(spanStatus, 3<<3, 2), field(spanStatus, field(2<<3|wireLen, 'x')...)),
		"name twice":               span(id, field(spanName, 'a'), field(spanName, 'b')),
		"a value of two":           span(id, field(spanAttribute, join(field(pairKey, []byte("gray.env")...), field(pairValue, join(field(valueString, 'a'), field(valueString, 'b'))...))...)),
		"two values":               span(id, field(spanAttribute, join(pair("gray.env", "a"), field(pairValue, valueInt, 1))...)),
		"an attribute twice":       span(id, field(spanAttribute, pair("gray.env", "a")...), field(spanAttribute, pair("gray.env", "b")...)),
		"no key":                   span(id, field(spanAttribute, field(pairValue, valueInt, 1)...)),
		"a long varint":            span(id, []byte{spanKind, 0x84, 0x80, 0x00}),
		"a varint of eleven bytes": span(id, []byte{spanKind, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}),
		"resource after spans":     field(tracesResource, join(field(resourceScope, field(scopeSpan, id...)...), field(resourceResource, field(resourceAttribute, pair("service.name", "late")...)...))...),
		"two resources": field(tracesResource, join(field(resourceResource, field(resourceAttribute, pair("service.name", "a")...)...),
			field(resourceResource, field(resourceAttribute, pair("gray.home", "b")...)...), field(resourceScope, field(scopeSpan, id...)...))...),
	} {
		t.Run(name, func(t *testing.T) { bothWays(t, newDecoder(), message) })
	}
}

func FuzzFeedProto(f *testing.F) {
	f.Add(marshal(f, everything(f)))
	d := newDecoder()
	f.Fuzz(func(t *testing.T, message []byte) { bothWays(t, d, message) })
}
