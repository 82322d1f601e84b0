package otlp

import "github.com/dyetrace/dyetrace/auditor"

// The fields of a Span.Link (opentelemetry/proto/trace/v1/trace.proto).
const (
	linkTraceID   = 1<<3 | wireLen
	linkSpanID    = 2<<3 | wireLen
	linkState     = 3<<3 | wireLen
	linkAttribute = 4<<3 | wireLen
	linkDropped   = 5<<3 | wireVarint
	linkFlags     = 6<<3 | wireFixed32
)

// wireLinks is links for Link messages; false where they are left to pdata.
func (d *Decoder) wireLinks(from [][]byte, reuse []auditor.Link) ([]auditor.Link, bool) {
	reuse = roomFor(len(from), reuse)
	for _, b := range from {
		l, ok := d.wireLink(b)
		if !ok {
			return reuse, false
		}
		reuse = append(reuse, l)
	}
	return reuse, true
}

func (d *Decoder) wireLink(b []byte) (out auditor.Link, ok bool) {
	f := linkFacts{tag: found{rank: noRank}}
	c := cursor{b: b}
	for c.more() {
		switch c.varint() {
		case linkTraceID:
			c.id(out.TraceID[:])
		case linkSpanID:
			c.id(out.SpanID[:])
		case linkState:
			c.bytes()
		case linkAttribute:
			k, v := c.attribute()
			d.linkAttribute(&f, k, d.wire.value(v))
		case linkDropped:
			c.varint()
		case linkFlags:
			c.fixed32()
		default:
			c.odd = true
		}
	}
	d.linkFacts(&f, &out)
	return out, !c.odd
}
