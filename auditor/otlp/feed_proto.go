package otlp

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// FeedProto is Feed for traces as OTLP protobuf (a TracesData or
// ExportTraceServiceRequest message): the facts are read straight off the wire,
// at a fraction of what unmarshalling costs. Messages that are unusual, with
// fields of a later version for one, are unmarshalled all the same.
//
// The error is that of pdata for a message that is no valid OTLP; the spans before
// the bad place have been handed on, and are counted. The caller has made sure
// that values do not nest so deep that pdata would exhaust the stack.
func FeedProto(e Engine, d *Decoder, now int64, message []byte) (int, error) {
	w := wireFeed{e: e, d: d, now: now}
	sound := w.message(message)
	d.release()
	if sound {
		return w.spans, nil
	}
	td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(message)
	if err != nil {
		return w.spans, err
	}
	return feed(e, d, now, td, w.spans), nil
}

// wireFeed hands on the spans of one message, in its order. Its methods report
// false where the rest has to be left to pdata.
type wireFeed struct {
	e     Engine
	d     *Decoder
	now   int64
	spans int // handed on
}

// The fields of TracesData, ResourceSpans, ScopeSpans, Resource and
// InstrumentationScope (opentelemetry/proto/trace/v1 and common/v1).
const (
	tracesResource    = 1<<3 | wireLen
	resourceResource  = 1<<3 | wireLen
	resourceScope     = 2<<3 | wireLen
	scopeScope        = 1<<3 | wireLen
	scopeSpan         = 2<<3 | wireLen
	schemaURL         = 3<<3 | wireLen // of both
	resourceAttribute = 1<<3 | wireLen
	resourceDropped   = 2<<3 | wireVarint
)

func (w *wireFeed) message(b []byte) bool {
	c := cursor{b: b}
	for c.more() {
		if c.varint() != tracesResource {
			return false
		}
		if rs := c.bytes(); c.odd || !w.resourceSpans(rs) {
			return false
		}
	}
	return !c.odd
}

// resourceSpans goes through twice: the resource may come after its spans.
func (w *wireFeed) resourceSpans(b []byte) bool {
	resource, seen := []byte(nil), false
	c := cursor{b: b}
	for c.more() {
		switch c.varint() {
		case resourceResource:
			c.odd = c.odd || seen // pdata merges two
			resource, seen = c.bytes(), true
		case resourceScope, schemaURL:
			c.bytes()
		default:
			c.odd = true
		}
	}
	if c.odd {
		return false
	}
	r, ok := w.d.wireResource(resource)
	if !ok {
		return false
	}
	id := w.e.Resource(r)
	for c = (cursor{b: b}); c.more(); {
		tag := c.varint()
		if content := c.bytes(); tag == resourceScope && !w.scopeSpans(content, id) {
			return false
		}
	}
	return true
}

func (w *wireFeed) scopeSpans(b []byte, id auditor.ResourceID) bool {
	c := cursor{b: b}
	for c.more() {
		switch c.varint() {
		case scopeScope:
			c.soundScope()
		case scopeSpan:
			span := c.bytes()
			if c.odd || !w.d.wireSpan(span, id, &w.d.span) {
				return false
			}
			w.e.Add(w.now, &w.d.span)
			w.spans++
		case schemaURL:
			c.bytes()
		default:
			c.odd = true
		}
	}
	return !c.odd
}

// wireResource is Resource for a Resource message.
func (d *Decoder) wireResource(b []byte) (auditor.Resource, bool) {
	d.resetBuffer()
	d.wire.values = d.wire.values[:0]
	f := resourceFacts{service: unknownService, home: found{rank: noRank}}
	c := cursor{b: b}
	for c.more() {
		switch c.varint() {
		case resourceAttribute:
			k, v := c.attribute()
			d.resourceAttribute(&f, k, d.wire.value(v))
		case resourceDropped:
			c.varint()
		default:
			c.odd = true
		}
	}
	return d.resource(&f), !c.odd
}

// soundScope reads over an InstrumentationScope message.
func (c *cursor) soundScope() {
	const name, version, attribute, dropped = 1<<3 | wireLen, 2<<3 | wireLen, 3<<3 | wireLen, 4<<3 | wireVarint
	s := cursor{b: c.bytes()}
	for s.more() {
		switch s.varint() {
		case name, version:
			s.bytes()
		case attribute:
			s.attribute()
		case dropped:
			s.varint()
		default:
			s.odd = true
		}
	}
	c.odd = c.odd || s.odd
}
