package otlp

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// decode returns the facts of a span, read by gray.env.
func decode(sp ptrace.Span) auditor.Span {
	var out auditor.Span
	newDecoder().Span(sp, 7, &out)
	return out
}

func TestSpanCopiesIdentity(t *testing.T) {
	sp := newSpan(ptrace.SpanKindClient, attrs{"db.system", "redis"})
	want := auditor.Span{
		TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{2}, ParentID: auditor.SpanID{3},
		Start: 1e9, End: 2e9, Kind: auditor.KindClient, Resource: 7, Name: "op",
		Links: []auditor.Link{},
	}
	got := decode(sp)
	got.Links = append([]auditor.Link{}, got.Links...)
	require.Equal(t, want, got)
}

// TestLinksAreReadWhereRulesRead: of message spans, and of entries without parent.
func TestLinksAreReadWhereRulesRead(t *testing.T) {
	for _, c := range []struct {
		span  ptrace.Span
		links int
	}{
		{root(newSpan(ptrace.SpanKindServer, nil)), 1},
		{newSpan(ptrace.SpanKindServer, nil), 0},
		{newSpan(ptrace.SpanKindClient, attrs{"messaging.operation.type", "send"}), 1},
		{newSpan(ptrace.SpanKindConsumer, attrs{"messaging.system", "kafka"}), 1},
		{newSpan(ptrace.SpanKindClient, nil), 0},
		{newSpan(ptrace.SpanKindInternal, nil), 0},
	} {
		c.span.Links().AppendEmpty().SetSpanID(pcommon.SpanID{9})
		c.span.SetDroppedLinksCount(4)
		got := decode(c.span)
		require.Len(t, got.Links, c.links, "%v", c.span.Kind())
		require.EqualValues(t, 4*c.links, got.DroppedLinks, "%v", c.span.Kind())
	}
}

func root(sp ptrace.Span) ptrace.Span {
	sp.SetParentSpanID(pcommon.SpanID{})
	return sp
}

func TestSpanOverwritesTheOneBefore(t *testing.T) {
	full := newSpan(ptrace.SpanKindProducer, attrs{"messaging.operation.type", "send"})
	full.TraceState().FromRaw("dye=gray,ot=th:8")
	full.Status().SetCode(ptrace.StatusCodeError)
	full.Links().AppendEmpty().SetSpanID(pcommon.SpanID{9})
	d := newDecoder()
	var reused, fresh auditor.Span
	d.Span(full, 1, &reused)
	require.True(t, reused.Failed)
	require.Len(t, reused.Links, 1)
	plain := newSpan(ptrace.SpanKindInternal, nil)
	d.Span(plain, 2, &reused)
	newDecoder().Span(plain, 2, &fresh)
	require.Empty(t, reused.Links)
	reused.Links, fresh.Links = nil, nil
	require.Equal(t, fresh, reused)
}

func TestFlags(t *testing.T) {
	for flags, want := range map[uint32]auditor.Remote{
		0: auditor.RemoteUnknown, 1: auditor.RemoteUnknown, 0x200: auditor.RemoteUnknown,
		259: auditor.RemoteNo, 771: auditor.RemoteYes, 0x300: auditor.RemoteYes,
	} {
		sp := newSpan(ptrace.SpanKindServer, nil)
		sp.SetFlags(flags)
		require.Equal(t, want, decode(sp).Remote, "flags %#x", flags)
	}
}

func TestFailed(t *testing.T) {
	send := attrs{"messaging.operation.type", "send"}
	ok := newSpan(ptrace.SpanKindProducer, append(attrs{"error.type", ""}, send...))
	ok.Status().SetCode(ptrace.StatusCodeOk)
	require.False(t, decode(ok).Failed)
	require.True(t, decode(newSpan(ptrace.SpanKindProducer, append(attrs{"error.type", "FAILED"}, send...))).Failed)
	bad := newSpan(ptrace.SpanKindClient, send)
	bad.Status().SetCode(ptrace.StatusCodeError)
	require.True(t, decode(bad).Failed)
	taken := processSpan()
	taken.Status().SetCode(ptrace.StatusCodeError)
	require.False(t, decode(taken).Failed)
}

func TestOutOfRange(t *testing.T) {
	sp := newSpan(ptrace.SpanKind(99), nil)
	sp.SetStartTimestamp(math.MaxUint64)
	sp.SetEndTimestamp(math.MaxInt64)
	got := decode(sp)
	require.Equal(t, auditor.KindUnspecified, got.Kind)
	require.Equal(t, int64(maxTime), got.Start)
	require.Equal(t, int64(maxTime), got.End)
	sp.SetKind(-1)
	require.Equal(t, auditor.KindUnspecified, decode(sp).Kind)
}

func TestTag(t *testing.T) {
	none, gray := auditor.Reading{}, auditor.Reading{Present: true, Value: "gray"}
	for _, c := range []struct {
		name string
		env  []string
		kv   attrs
		want auditor.Reading
	}{
		{"absent", []string{"env"}, attrs{"envs", "gray"}, none},
		{"one", []string{"env"}, attrs{"a", 1, "env", "gray"}, gray},
		{"policy's order", []string{"a.tag", "env"}, attrs{"env", "blue", "a.tag", "gray"}, gray},
		{"second key", []string{"a.tag", "env"}, attrs{"env", "gray"}, gray},
		{"case matters", []string{"env"}, attrs{"ENV", "gray"}, none},
		{"empty is present", []string{"env"}, attrs{"env", ""}, auditor.Reading{Present: true}},
		{"empty wins by order", []string{"a.tag", "env"}, attrs{"env", "blue", "a.tag", ""}, auditor.Reading{Present: true}},
		{"key listed twice", []string{"env", "env"}, attrs{"env", "gray"}, gray},
		{"a convention's own key", []string{"messaging.rocketmq.message.tag"}, attrs{"messaging.rocketmq.message.tag", "gray"}, gray},
		{"a captured property", []string{"messaging.header.env"}, attrs{"messaging.header.env", list("gray")}, gray},
		{"bool", []string{"env"}, attrs{"env", true}, auditor.Reading{Present: true, Value: "true"}},
		{"false", []string{"env"}, attrs{"env", false}, auditor.Reading{Present: true, Value: "false"}},
		{"int", []string{"env"}, attrs{"env", -42}, auditor.Reading{Present: true, Value: "-42"}},
		{"double", []string{"env"}, attrs{"env", 1.5}, auditor.Reading{Present: true, Value: "1.5"}},
		{"same values", []string{"env"}, attrs{"env", list("gray", "gray")}, gray},
		{"different values", []string{"env"}, attrs{"env", list("gray", "blue")}, auditor.Reading{Present: true}},
		{"empty list", []string{"env"}, attrs{"env", list()}, auditor.Reading{Present: true}},
		{"map", []string{"env"}, attrs{"env", map[string]any{"a": "b"}}, auditor.Reading{Present: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out auditor.Span
			NewDecoder(auditor.Keys{Env: c.env}, Options{}).Span(newSpan(ptrace.SpanKindInternal, c.kv), 0, &out)
			require.Equal(t, c.want, out.Tag)
		})
	}
}

// Equal keys can come over the wire, though the API does not write them.
func TestLastOfEqualKeysWins(t *testing.T) {
	td := unmarshal(t, `{"resourceSpans":[{"resource":{"attributes":[
		{"key":"gray.home","value":{"stringValue":"base"}},{"key":"service.name","value":{"stringValue":"a"}},
		{"key":"service.name","value":{"stringValue":"b"}},{"key":"gray.home","value":{"stringValue":"gray"}}]},
		"scopeSpans":[{"spans":[{"kind":5,"attributes":[
		{"key":"gray.env","value":{"stringValue":"x"}},{"key":"gray.env","value":{"stringValue":"y"}},
		{"key":"messaging.system","value":{"stringValue":"x"}},{"key":"messaging.system","value":{"stringValue":"y"}},
		{"key":"messaging.header.gray_env","value":{"stringValue":"x"}},{"key":"messaging.header.GRAY-ENV","value":{"stringValue":"y"}}]}]}]}]}`)
	var e recorder
	require.Equal(t, 1, Feed(&e, newDecoder(), 1, td))
	require.Equal(t, "y", e.spans[0].Tag.Value)
	require.Equal(t, "y", e.spans[0].Message.System)
	require.Equal(t, "y", e.spans[0].Message.Property.Value)
	require.Equal(t, auditor.Resource{Service: "b", Home: auditor.Reading{Present: true, Value: "gray"}}, e.resources[0])
}

func TestNumberedTextsDoNotOverlap(t *testing.T) {
	sp := newSpan(ptrace.SpanKindConsumer, attrs{
		"gray.env", 12, "messaging.system", "rocketmq", "messaging.message.id", 6789,
		"messaging.destination.name", 1, "messaging.consumer.group.name", strings.Repeat("g", 200),
	})
	got := decode(sp)
	require.Equal(t, "12", got.Tag.Value)
	require.Equal(t, "6789", got.Message.ID)
	require.Equal(t, "1", got.Message.Destination)
}

// The policy may hold any number of keys; those past the bound are left out.
func TestManyKeys(t *testing.T) {
	keys := make([]string, 3*maxNames)
	for i := range keys {
		keys[i] = "key" + strings.Repeat("x", i)
	}
	d := NewDecoder(auditor.Keys{Env: keys, Home: keys}, Options{Properties: keys})
	var out auditor.Span
	d.Span(newSpan(ptrace.SpanKindInternal, attrs{keys[maxNames-1], "in"}), 0, &out)
	require.Equal(t, auditor.Reading{Present: true, Value: "in"}, out.Tag)
	d.Span(newSpan(ptrace.SpanKindInternal, attrs{keys[maxNames], "out"}), 0, &out)
	require.False(t, out.Tag.Present)
}

func TestEverySlotHasAPlace(t *testing.T) {
	require.LessOrEqual(t, int(slotCount), 64)
	table := newTable(nil)
	seen := map[slot]string{}
	for _, a := range attributes() {
		require.Empty(t, seen[a.slot], "%s and %s share a slot", a.key, seen[a.slot])
		seen[a.slot] = a.key
		require.Equal(t, a.slot, table.find(cellOf(a.key), a.key).slot, a.key)
	}
}
