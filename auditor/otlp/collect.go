package otlp

import "go.opentelemetry.io/collector/pdata/pcommon"

// collect notes every attribute that means something and whose cell is in f. Of
// equal keys the last one stays. Nothing is called for a plain one: in sum it is
// the most that a span costs.
func (d *Decoder) collect(attrs pcommon.Map, f *filter) {
	for k, v := range attrs.All() {
		if !f.hasLength(len(k)) {
			continue
		}
		c := cellOf(k)
		if !f.has(c) {
			continue
		}
		if e := d.table.find(c, k); e != nil && e.plain {
			d.note(e.slot, value{pdata: v})
		} else {
			d.attribute(e, k, value{pdata: v})
		}
	}
}

// attribute notes the attribute k, of entry e, if it means something.
func (d *Decoder) attribute(e *entry, k string, v value) {
	if e == nil {
		d.captured(k, v)
		return
	}
	if e.slot != noSlot {
		d.note(e.slot, v)
	}
	d.tag.offer(e.rank, v)
	if e.captured {
		d.captured(k, v)
	}
}

// captured notes an attribute that is a captured header or property.
func (d *Decoder) captured(key string, v value) {
	from, name, ok := capturedName(key)
	if !ok {
		return
	}
	h := d.headers.find(name)
	switch {
	case h == nil:
	case from == carrierMessage:
		if h.slot != noSlot {
			d.note(h.slot, v)
		}
		d.property.offer(h.rank, v)
	case h.slot == slotMessageBaggage:
		d.note(slotRequestBaggage, v)
	case h.rank != noRank && !h.property:
		d.request.offer(h.rank, v)
	}
}

func (d *Decoder) note(s slot, v value) {
	d.seen |= 1 << s
	d.values[s] = v
}

func (f *found) offer(rank int16, v value) {
	if rank <= f.rank && rank != noRank {
		f.rank, f.value = rank, v
	}
}
