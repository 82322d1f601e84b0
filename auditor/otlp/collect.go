package otlp

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// findings says where the values stand of what was found on a span. Places below
// maxPlaces are of attrs, the others of noted.
type findings struct {
	seen   slots
	places [64]uint8 // of each slot; valid where seen has the bit
	// ranks are those of the attributes in the slots of tags, from slotTag on.
	ranks [slotCount - slotTag]int16
}

// noted is the place of a value that is to be noted.
const noted = maxPlaces

// forget forgets the span before; what will be found goes to f.
func (d *Decoder) forget(f *findings) {
	d.seen, d.found = 0, f
	f.ranks = [...]int16{noRank, noRank, noRank}
}

// find finds what means something among the attributes of a span.
func (d *Decoder) find(sp ptrace.Span, of sort) {
	d.values = sp.Attributes()
	if d.values.Len() > maxPlaces || d.textSort == nil {
		d.findAll(d.values, of)
		return
	}
	d.attrs = attributesOf(d.values)
	o := d.outlineOf(sp, d.attrs, shapeOf(len(d.attrs), of))
	if o.state == outlineLearned && o.matches(d.attrs) {
		d.seen, d.found = o.found.seen, &o.found
		return
	}
	if o.state == outlineRefused || !d.learn(o, of) {
		d.findAll(d.values, of)
	}
}

// findAll is find without outlines.
func (d *Decoder) findAll(attrs pcommon.Map, of sort) {
	f := &d.filters[of]
	d.forget(&d.own)
	d.collect(attrs, &f.first)
	if f.more && d.seen&onMessaging != 0 {
		d.collect(attrs, &f.all) // what was noted is noted again
	}
}

// collect notes every attribute that means something and whose cell is in f. Of
// equal keys the last one stays.
func (d *Decoder) collect(attrs pcommon.Map, f *filter) {
	for k, v := range attrs.All() {
		if !f.hasLength(len(k)) {
			continue
		}
		if c := cellOf(k); f.has(c) {
			d.attribute(d.table.find(c, k), k, noted, value{pdata: v})
		}
	}
}

// attribute notes the attribute k, of entry e, if it means something. It stands at
// a place of attrs, or is v, to be noted.
func (d *Decoder) attribute(e *entry, k string, place uint8, v value) {
	if e == nil {
		d.captured(k, place, v)
		return
	}
	if e.slot != noSlot {
		d.note(e.slot, place, v)
	}
	d.offer(slotTag, e.rank, place, v)
	if e.captured {
		d.captured(k, place, v)
	}
}

// captured notes an attribute that is a captured header or property.
func (d *Decoder) captured(key string, place uint8, v value) {
	from, name, ok := capturedName(key)
	if !ok {
		return
	}
	h := d.headers.find(name)
	switch {
	case h == nil:
	case from == carrierMessage:
		if h.slot != noSlot {
			d.note(h.slot, place, v)
		}
		d.offer(slotProperty, h.rank, place, v)
	case h.slot == slotMessageBaggage:
		d.note(slotRequestBaggage, place, v)
	case h.rank != noRank && !h.property:
		d.offer(slotRequest, h.rank, place, v)
	}
}

func (d *Decoder) note(s slot, place uint8, v value) {
	if place == noted {
		place += uint8(s)
		d.noted[s] = v
	}
	d.seen |= 1 << s
	d.found.places[s] = place
}

// offer notes the attribute of the best rank so far.
func (d *Decoder) offer(s slot, rank int16, place uint8, v value) {
	if best := &d.found.ranks[s-slotTag]; rank <= *best && rank != noRank {
		*best = rank
		d.note(s, place, v)
	}
}
