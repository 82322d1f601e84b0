package otlp

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// named returns a span whose attributes have the names, repeated ones too, and
// as values their places.
func named(t *testing.T, kind ptrace.SpanKind, names ...string) ptrace.Span {
	type object = map[string]any
	var attributes []object
	for i, k := range names {
		attributes = append(attributes, object{"key": k, "value": object{"stringValue": string(rune('a' + i))}})
	}
	span := object{"traceId": strings.Repeat("01", 16), "spanId": strings.Repeat("02", 8), "kind": kind, "attributes": attributes}
	b, err := json.Marshal(object{"resourceSpans": []object{{"scopeSpans": []object{{"spans": []object{span}}}}}})
	require.NoError(t, err)
	return unmarshal(t, string(b)).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

// TestOutlineIsTakenForItsNamesOnly: after the first span, the second is read as by
// a decoder that has seen no other; and its outline is the first's where same is set.
func TestOutlineIsTakenForItsNamesOnly(t *testing.T) {
	const server, client, consumer = ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindConsumer
	route := []string{"http.route", "url.scheme", "server.address", "http.request.method", "gray.env"}
	with := func(at int, k string) []string {
		names := append([]string{}, route...)
		names[at] = k
		return names
	}
	for _, c := range []struct {
		name   string
		kind   ptrace.SpanKind
		first  []string
		second []string
		same   bool
	}{
		{"the same", server, route, route, true},
		{"another of no known length", server, route, with(2, "client.address"), true},
		{"another of no meaning in the same cell", server, route, with(1, "uRl.schqme"), true},
		{"another of no meaning by its last byte", server, route, with(1, "url.schemf"), false},
		{"another of no meaning by its middle byte", server, route, with(1, "url.sdheme"), false},
		{"a known one for one of no meaning", server, route, with(1, "rpc.method"), false},
		{"one of no meaning for a known one", server, route, with(0, "http.rouge"), false},
		{"one that differs in its first byte", server, route, with(3, "Http.request.method"), false},
		{"in its middle", server, route, with(3, "http.reqUest.method"), false},
		{"in its last", server, route, with(3, "http.request.methoD"), false},
		{"another known one", server, route, with(4, "url.path"), false},
		{"a longer one", server, route, with(2, "server.address2"), false},
		{"one longer by 256", server, route, with(0, "http.route"+strings.Repeat("x", 256)), false},
		{"one more", server, route, append(with(0, "http.route"), "x"), false},
		{"one more without name", server, route, append(with(0, "http.route"), ""), false},
		{"one less", server, route, route[:4], false},
		{"another order", server, route, []string{route[3], route[1], route[2], route[0], route[4]}, false},
		{"equal ones", server, route, with(4, ""), false},
		{"repeated", server, []string{"gray.env", "http.route", "http.route"}, []string{"gray.env", "http.route", "http.route"}, true},
		{"repeated, then not", server, []string{"http.route", "http.route"}, []string{"http.route", "rpc.method"}, false},
		{"none", client, nil, nil, true},
		{"names of a message", consumer, []string{"messaging.system", "messaging.destination.name"}, []string{"messaging.system", "messaging.Destination.name"}, false},
		{"a message on a client", client, []string{"messaging.system", "url.full"}, []string{"messaging.system", "url.full"}, true},
		{"another name of a message on a client", client, []string{"messaging.system", "messaging.message.id"}, []string{"messaging.system", "messaging.message_id"}, false},
		{"a message, then none", client, []string{"messaging.system", "messaging.message.id"}, []string{"messaging.sYstem", "messaging.message.id"}, false},
		{"a stranger of a known cell", server, []string{"client.port"}, []string{"client.port"}, true},
		{"another of it", server, []string{"client.port"}, []string{"cLient.port"}, false},
		{"a captured one", consumer, []string{"messaging.header.env"}, []string{"messaging.header.env"}, true},
		{"another captured one", consumer, []string{"messaging.header.gray"}, []string{"messaging.header.KEYS"}, false},
		{"a captured one in another writing", consumer, []string{"messaging.header.TAGS"}, []string{"messaging.header.tags"}, false},
		{"a long captured one as usual", server, []string{"http.request.header.gray_env"}, []string{"http.request.header.gray_env"}, true},
		{"a long captured one, then in another writing", server, []string{"http.request.header.gray_env"}, []string{"http.request.header.gray-env"}, false},
		{"long captured ones, of which none is made", server, []string{"http.request.header.gray-env"}, []string{"http.request.header.Gray-env"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDecoder()
			var got, want auditor.Span
			d.Span(named(t, c.kind, c.first...), 0, &got)
			before := d.outlines
			d.Span(named(t, c.kind, c.second...), 0, &got)
			require.Equal(t, c.same, before == d.outlines, "an outline was made or not")
			newDecoder().Span(named(t, c.kind, c.second...), 0, &want)
			require.Equal(t, want, got)
		})
	}
}

// TestOutlineIsOfAllLengths: whatever the hash, each length and the sort count.
func TestOutlineIsOfAllLengths(t *testing.T) {
	d := newDecoder()
	for i := range d.outlines {
		d.outlines[i].state = outlineLearned
	}
	attrs, name := make([]keyValue, maxPlaces), strings.Repeat("k", 255)
	require.Equal(t, outlineLearned, d.outline(attrs, 0).state)
	for at := range maxPlaces {
		for n := 1; n <= len(name); n++ {
			clear(attrs)
			attrs[at].name = name[:n]
			o := d.outline(attrs, 0)
			require.Equal(t, outlineNew, o.state, "place %d", at)
			*o = outline{state: outlineLearned}
		}
	}
	clear(attrs)
	for sort := uint64(1); sort < 1000; sort++ {
		o := d.outline(attrs, sort)
		require.Equal(t, outlineNew, o.state)
		*o = outline{state: outlineLearned}
	}
}

// TestOutlinesAreKept: other spans between cost a sort nothing.
func TestOutlinesAreKept(t *testing.T) {
	d := newDecoder()
	var out auditor.Span
	for range 40 {
		d.Span(named(t, ptrace.SpanKindServer, "http.route", "url.scheme", "client.port"), 0, &out)
		d.Span(named(t, ptrace.SpanKindInternal, "http.route", "url.scheme", "db.system", "x", "thread.name"), 0, &out)
		d.Span(named(t, ptrace.SpanKindServer, "rpc.method", "url.schemf", "cLient.port"), 0, &out) // in place of the first
	}
	learned := 0
	for i := range d.outlines {
		require.NotEqual(t, outlineRefused, d.outlines[i].state)
		learned += int(d.outlines[i].state)
	}
	require.Equal(t, 2, learned)
}

// TestUsualSpansHaveOutlines: those of the benchmarks, the captured one too.
func TestUsualSpansHaveOutlines(t *testing.T) {
	for _, sp := range []ptrace.Span{clientSpan(), serverSpan(), processSpan(), capturedSpan()} {
		d := newDecoder()
		var out auditor.Span
		d.Span(sp, 0, &out)
		learned := slices.ContainsFunc(d.outlines[:], func(o outline) bool { return o.state == outlineLearned })
		require.True(t, learned, "%v", sp.Attributes().AsRaw())
	}
}

// TestOddNames are those that an outline cannot hold, or hardly.
func TestOddNames(t *testing.T) {
	long := strings.Repeat("k", 256) + strings.Repeat("\x00", 8)
	repeated := func(k string, n int) []string { return strings.Fields(strings.Repeat(k+" ", n)) }
	for _, kv := range [][2][]string{
		{{"http.route"}, {"http.route", ""}},
		{{""}, {""}},
		{{"db.system"}, {"rpc.method"}},
		{{long}, {strings.Repeat("\x00", 8)}},
		{{long}, {long}},
		{repeated("http.route", maxChecks+1), repeated("url.path", maxChecks+1)},
		{repeated("client.port", maxStrangers+1), repeated("client.port", maxStrangers)},
		{repeated("url.scheme", maxChecks+1), repeated("url.scheme", maxChecks)},
		{repeated("http.route", maxPlaces), repeated("url.path", maxPlaces+1)},
		{repeated("x", maxPlaces+1), append(repeated("x", maxPlaces), "url.path")},
	} {
		d := NewDecoder(auditor.Keys{Env: []string{"", long, "http.route"}}, Options{})
		for _, names := range [][]string{kv[0], kv[1], kv[0]} {
			checkAgainstReference(t, d, named(t, ptrace.SpanKindServer, names...))
			checkAgainstReference(t, d, named(t, ptrace.SpanKindClient, names...))
		}
	}
}

// TestOutlinesChangeNothing reads sequences of spans of some sorts, more than are
// remembered, whose names change now and then, beside the reference.
func TestOutlinesChangeNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, d := range policies() {
		known := append(names(d), usualNames()...)
		sorts := make([][]string, 3<<outlineBits/2)
		for i := range sorts {
			for range random.IntN(maxPlaces + 4) {
				sorts[i] = append(sorts[i], known[random.IntN(len(known))])
			}
		}
		for range 4000 {
			i := random.IntN(len(sorts))
			if k := sorts[i]; len(k) > 0 && random.IntN(4) == 0 {
				at := random.IntN(len(k))
				k[at] = otherName(random, known, k[at])
			}
			kind := ptrace.SpanKind(i % int(ptrace.SpanKindConsumer+1))
			checkAgainstReference(t, d, named(t, kind, sorts[i]...))
		}
	}
}

// otherName returns a name that is hard to tell from k: of its length, of nearly its
// bytes, or any one.
func otherName(random *rand.Rand, known []string, k string) string {
	if k == "" || random.IntN(3) == 0 {
		return known[random.IntN(len(known))]
	}
	if random.IntN(2) == 0 {
		i := random.IntN(len(k))
		return k[:i] + string(rune('a'+random.IntN(26))) + k[i+1:]
	}
	for range 20 {
		if other := known[random.IntN(len(known))]; len(other) == len(k) {
			return other
		}
	}
	return k
}

// TestWordsAreTheWholeName changes each byte of names of all lengths.
func TestWordsAreTheWholeName(t *testing.T) {
	for n := range 40 {
		k := strings.Repeat("k", n)
		own, length := wordsOf(k)
		ok := length != 0
		require.Equal(t, n >= 8 && n <= 24, ok)
		for i := range n {
			other, _ := wordsOf(k[:i] + "x" + k[i+1:])
			require.Equal(t, ok, own != other, "byte %d of %d", i, n)
		}
	}
}

func TestFeedKeepsNoNames(t *testing.T) {
	d := newDecoder()
	td := ptrace.NewTraces()
	clientSpan().CopyTo(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	require.Equal(t, 1, Feed(&recorder{}, d, 0, td))
	require.Nil(t, d.attrs)
	require.Zero(t, d.values)
	require.Zero(t, d.expects)
}
