package otlp

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// reference decodes a span with a collection that is obviously right: each
// attribute is compared with each name, and nothing is left out for its cell or
// for the span's kind.
func reference(d *Decoder, sp ptrace.Span, out *auditor.Span) {
	d.resetBuffer()
	d.forget(&d.own)
	*out = auditor.Span{}
	copyFields(sp, out)
	for k, v := range sp.Attributes().All() {
		for _, a := range attributes() {
			if a.key == k {
				d.note(a.slot, noted, value{pdata: v})
			}
		}
		for rank, env := range d.keys.Env {
			if env == k {
				d.offer(slotTag, int16(rank), noted, value{pdata: v})
			}
		}
		referenceCaptured(d, k, value{pdata: v})
	}
	d.facts(out, sp.TraceState().AsRaw())
	if out.Op == auditor.OpSend || out.Op == auditor.OpCreate {
		out.Failed = d.failed(sp.Status().Code())
	}
	if out.Op.Messaging() || out.Kind == auditor.KindServer && out.ParentID.IsZero() {
		out.Links, out.DroppedLinks = d.links(sp.Links(), nil), sp.DroppedLinksCount()
	}
}

func referenceCaptured(d *Decoder, k string, v value) {
	for i, prefix := range []string{
		"messaging.header.", "http.request.header.", "rpc.request.metadata.",
		"rpc.grpc.request.metadata.", "rpc.connect_rpc.request.metadata.",
	} {
		name, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		for _, h := range allHeaders(d) {
			switch {
			case len(name) != len(h.name) || !sameName(name, h.name):
			case i > 0 && h.slot == slotMessageBaggage:
				d.note(slotRequestBaggage, noted, v)
			case i > 0 && !h.property:
				d.offer(slotRequest, h.rank, noted, v)
			case i == 0 && h.slot != noSlot:
				d.note(h.slot, noted, v)
			case i == 0:
				d.offer(slotProperty, h.rank, noted, v)
			}
		}
	}
}

func allHeaders(d *Decoder) []header {
	var all []header
	for _, same := range d.headers.byLen {
		all = append(all, same...)
	}
	return all
}

// policies are decoders whose keys are easy to get wrong: empty, a convention's
// own, a captured header's, too long for the rows, many of one cell.
func policies() []*Decoder {
	var crowd []string
	for c := range 200 {
		crowd = append(crowd, string(rune('A'+c%26))+string(rune('A'+c/26))+".key.env")
	}
	long := strings.Repeat("k", 64) + ".env"
	return []*Decoder{
		newDecoder(),
		NewDecoder(auditor.Keys{Env: []string{"env", "x-mse-tag", ""}}, Options{Properties: []string{"my.prop", "KEYS"}}),
		NewDecoder(auditor.Keys{Env: []string{"messaging.header.env", "env", "http.route", "k", long}}, Options{Properties: []string{"gray_env"}}),
		NewDecoder(auditor.Keys{Env: crowd}, Options{Properties: []string{"a", "Long-Property.name_" + strings.Repeat("p", 40)}}),
	}
}

// names returns the names that mean something to d, as they are usually written.
func names(d *Decoder) []string {
	out := append([]string{}, d.keys.Env...)
	for _, a := range attributes() {
		out = append(out, a.key)
	}
	for _, h := range allHeaders(d) {
		for _, prefix := range capturedPrefixes() {
			out = append(out, prefix+h.name)
		}
	}
	return out
}

// chooser turns bytes into choices; when they end, all choices are 0.
type chooser struct{ bytes []byte }

func (c *chooser) below(n int) int {
	chosen := 0
	for range 2 {
		if len(c.bytes) > 0 {
			chosen = chosen<<8 | int(c.bytes[0])
			c.bytes = c.bytes[1:]
		}
	}
	return chosen % n
}

// span builds a span. It goes through JSON, as only the wire can repeat a key.
func (c *chooser) span(t *testing.T, names []string) ptrace.Span {
	type object = map[string]any
	var attributes []object
	for range c.below(14) {
		attributes = append(attributes, object{"key": c.rewritten(names[c.below(len(names))]), "value": c.value()})
	}
	span := object{
		"traceId": strings.Repeat("01", 16), "spanId": strings.Repeat("02", 8), "kind": c.below(7), "name": "op",
		"startTimeUnixNano": "1000000000", "attributes": attributes, "status": object{"code": c.below(3)},
	}
	if c.below(2) == 1 {
		span["parentSpanId"] = strings.Repeat("03", 8)
	}
	b, err := json.Marshal(object{"resourceSpans": []object{{"scopeSpans": []object{{"spans": []object{span}}}}}})
	require.NoError(t, err)
	return unmarshal(t, string(b)).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

// rewritten returns k as it is, as another agent would write it, or broken.
func (c *chooser) rewritten(k string) string {
	if k == "" {
		return k
	}
	i := c.below(len(k))
	switch c.below(8) {
	case 0:
		return strings.ToUpper(k[:i]) + k[i:]
	case 1:
		return k[:i] + strings.NewReplacer("_", "-", ".", "_", "-", ".").Replace(k[i:])
	case 2: // from the end, which is where a captured header's name is
		return k[:i] + strings.ToUpper(k[i:])
	case 3:
		return k[:i] + string(rune(' '+c.below(95))) + k[i+1:]
	case 4:
		return k[:i]
	}
	return k
}

// texts are values that the facts make something of.
func texts() []string {
	return []string{
		"", "gray", "process", "send", "settle", "apache.rocketmq.v2.MessagingService", "a/b", "broadcasting", "skipped",
		"gray.env=gr%61y,env=x", "ConsumeMessageThread_g_1", "http://h/p?q", "%RETRY%g", "2", "blue",
	}
}

func (c *chooser) value() map[string]any {
	text := map[string]any{"stringValue": texts()[c.below(len(texts()))]}
	switch c.below(8) {
	case 0:
		return map[string]any{"intValue": c.below(20) - 3}
	case 1:
		return map[string]any{"boolValue": true}
	case 2:
		return map[string]any{"arrayValue": map[string]any{"values": []any{text}}}
	}
	return text
}

// checkAgainstReference holds a decoder against the reference.
func checkAgainstReference(t *testing.T, d *Decoder, sp ptrace.Span) {
	t.Helper()
	var got, want recorder
	var out auditor.Span
	d.Span(sp, 0, &out)
	got.Add(0, &out) // copies what the next call would overwrite
	reference(d, sp, &out)
	want.Add(0, &out)
	if !reflect.DeepEqual(want, got) { // require alone would print the attributes each time
		require.Equal(t, want, got, "%v", sp.Attributes().AsRaw())
	}
}

// TestEveryNameIsTheReferences goes through all names on spans of all kinds, with
// a parent and without, of messages and of calls.
func TestEveryNameIsTheReferences(t *testing.T) {
	for i, d := range policies() {
		values := texts()
		if i > 0 { // they differ in names only
			values = values[1:2]
		}
		for _, k := range writtenNames(d) {
			for _, v := range values {
				for kind := ptrace.SpanKindUnspecified; kind <= ptrace.SpanKindConsumer+1; kind++ {
					sp := newSpan(kind, attrs{k, v})
					checkAgainstReference(t, d, sp)
					sp.SetParentSpanID(pcommon.SpanID{})
					checkAgainstReference(t, d, sp)
					put(sp.Attributes(), attrs{"messaging.system", "rocketmq"})
					checkAgainstReference(t, d, sp)
				}
			}
		}
	}
}

// writtenNames returns the names, each also as agents may rewrite it.
func writtenNames(d *Decoder) []string {
	var out []string
	for _, k := range names(d) {
		out = append(out, k)
		for _, p := range capturedPrefixes() {
			if h, ok := strings.CutPrefix(k, p); ok {
				hyphens := strings.NewReplacer("_", "-", ".", "-").Replace(h)
				out = append(out, p+strings.ToUpper(h), p+strings.ToLower(h), p+hyphens, p+strings.ReplaceAll(hyphens, "-", "."))
			}
		}
	}
	return out
}

func TestFactsAreTheReferences(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	choices := make([]byte, 160)
	for _, d := range policies() {
		for range 1000 {
			for i := range choices {
				choices[i] = byte(random.Uint32())
			}
			checkAgainstReference(t, d, (&chooser{choices}).span(t, names(d)))
		}
	}
}

func FuzzReference(f *testing.F) {
	f.Add(byte(0), []byte("some attributes of some kind of span"))
	f.Add(byte(3), []byte{0, 9, 0, 60, 0, 0, 0, 7})
	decoders := policies()
	f.Fuzz(func(t *testing.T, policy byte, choices []byte) {
		d := decoders[int(policy)%len(decoders)]
		checkAgainstReference(t, d, (&chooser{choices}).span(t, names(d)))
	})
}
