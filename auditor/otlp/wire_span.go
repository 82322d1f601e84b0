package otlp

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// The fields of a Span (opentelemetry/proto/trace/v1/trace.proto).
const (
	spanTraceID      = 1<<3 | wireLen
	spanID           = 2<<3 | wireLen
	spanState        = 3<<3 | wireLen
	spanParent       = 4<<3 | wireLen
	spanName         = 5<<3 | wireLen
	spanKind         = 6<<3 | wireVarint
	spanStart        = 7<<3 | wireFixed64
	spanEnd          = 8<<3 | wireFixed64
	spanAttribute    = 9<<3 | wireLen
	spanDropped      = 10<<3 | wireVarint
	spanEvent        = 11<<3 | wireLen
	spanDroppedEvent = 12<<3 | wireVarint
	spanLink         = 13<<3 | wireLen
	spanDroppedLink  = 14<<3 | wireVarint
	spanStatus       = 15<<3 | wireLen
	spanFlags        = 16<<3 | wireFixed32
)

// wireSpan is what of a Span message has to wait until all of it was read: its
// fields come in any order.
type wireSpan struct {
	attributes, links [][]byte
	values            []wireValue // of what means something
	state             string
	status            ptrace.StatusCode
	hasStatus         bool
}

// wireSpan is Span for a Span message. It reports false, and out is of no use,
// where the message has to be left to pdata.
func (d *Decoder) wireSpan(b []byte, res auditor.ResourceID, out *auditor.Span) bool {
	d.resetBuffer()
	links := out.Links
	*out = auditor.Span{Resource: res}
	w := &d.wire
	*w = wireSpan{attributes: w.attributes[:0], links: w.links[:0], values: w.values[:0]}
	d.forget(&d.own)
	c := cursor{b: b}
	for c.more() {
		w.field(&c, out)
	}
	if c.odd || !d.collectWire(w.attributes, &d.filters[sortOf(out.Kind, out.ParentID.IsZero())].all) {
		return false
	}
	d.facts(out, w.state)
	out.Failed = sends(out.Op) && d.failed(w.status)
	var ok bool
	if out.Links, ok = d.wireLinks(w.links, links); !linked(out) { // unread, yet sound
		out.Links, out.DroppedLinks = out.Links[:0], 0
	}
	return ok
}

// field reads one field of a Span message.
func (w *wireSpan) field(c *cursor, out *auditor.Span) {
	switch c.varint() {
	case spanTraceID:
		c.id(out.TraceID[:])
	case spanID:
		c.id(out.SpanID[:])
	case spanState:
		w.state = c.text()
	case spanParent:
		c.id(out.ParentID[:])
	case spanName:
		out.Name = c.text()
	case spanKind:
		out.Kind = kindOf(ptrace.SpanKind(int32(c.varint())))
	case spanStart:
		out.Start = nanoseconds(pcommon.Timestamp(c.fixed64()))
	case spanEnd:
		out.End = nanoseconds(pcommon.Timestamp(c.fixed64()))
	case spanAttribute:
		w.attributes = append(w.attributes, c.bytes())
	case spanDropped, spanDroppedEvent:
		c.varint()
	case spanEvent:
		c.soundEvent()
	case spanLink:
		w.links = append(w.links, c.bytes())
	case spanDroppedLink:
		out.DroppedLinks = uint32(c.varint())
	case spanStatus:
		w.readStatus(c)
	case spanFlags:
		out.Remote = remoteOf(c.fixed32())
	default:
		c.odd = true
	}
}

func (w *wireSpan) readStatus(c *cursor) {
	const message, code = 2<<3 | wireLen, 3<<3 | wireVarint
	s := cursor{b: c.bytes(), odd: w.hasStatus} // pdata merges two
	w.hasStatus = true
	for s.more() {
		switch s.varint() {
		case message:
			s.bytes()
		case code:
			w.status = ptrace.StatusCode(int32(s.varint()))
		default:
			s.odd = true
		}
	}
	c.odd = c.odd || s.odd
}

// collectWire is collect for KeyValue messages.
func (d *Decoder) collectWire(attributes [][]byte, f *filter) bool {
	for _, b := range attributes {
		c := cursor{b: b}
		k, v := c.keyValue(0)
		if c.odd {
			return false
		}
		if cell := cellOf(k); f.has(cell) {
			d.attribute(d.table.find(cell, k), k, noted, d.wire.value(v))
		}
	}
	return true
}

// value keeps v as long as the span is at hand.
func (w *wireSpan) value(v wireValue) value {
	w.values = append(w.values, v)
	return value{wire: &w.values[len(w.values)-1]}
}

// soundEvent reads over an Event message.
func (c *cursor) soundEvent() {
	const at, name, attribute, dropped = 1<<3 | wireFixed64, 2<<3 | wireLen, 3<<3 | wireLen, 4<<3 | wireVarint
	e := cursor{b: c.bytes()}
	for e.more() {
		switch e.varint() {
		case at:
			e.fixed64()
		case name:
			e.bytes()
		case attribute:
			e.attribute()
		case dropped:
			e.varint()
		default:
			e.odd = true
		}
	}
	c.odd = c.odd || e.odd
}
