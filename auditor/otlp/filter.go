package otlp

import "github.com/dyetrace/dyetrace/auditor"

// cell is a cheap hash of an attribute name: row is its length, column its last
// and middle byte, both modulo 64. With these, 107 of 111 usual names that mean
// nothing fall into cells that are empty (TestUsualNamesAreTurnedDown).
type cell struct{ row, column uint8 }

func cellOf(k string) cell {
	n := uint(len(k))
	if n == 0 {
		return cell{}
	}
	return cellWith(n, k[n-1], k[n/2])
}

func cellWith(length uint, last, middle byte) cell {
	return cell{row: uint8(length % 64), column: (last + 3*middle) % 64}
}

// filter is a set of cells, a bit for each. Most attributes of a span mean
// nothing: looking up a bit or two is nearly all that they cost.
type filter struct {
	rows  uint64 // that are not empty
	cells [64]uint64
}

func (f *filter) has(c cell) bool { return f.cells[c.row%64]>>(c.column%64)&1 != 0 }

// hasLength tells whether keys of a length can be in the set.
func (f *filter) hasLength(n int) bool { return f.rows>>(uint(n)%64)&1 != 0 }

func (f *filter) add(c cell) {
	f.rows |= 1 << (c.row % 64)
	f.cells[c.row%64] |= 1 << (c.column % 64)
}

// addCaptured adds the names that prefix and any writing of header make, which
// is not empty.
func (f *filter) addCaptured(prefix, header string) {
	k := prefix + header
	n := len(k)
	middles := []byte{k[n/2]}
	if n/2 >= len(prefix) {
		middles = writings(k[n/2])
	}
	for _, last := range writings(k[n-1]) {
		for _, middle := range middles {
			f.add(cellWith(uint(n), last, middle))
		}
	}
}

// writings returns the bytes that sameName takes for c.
func writings(c byte) []byte {
	var out []byte
	for b := range 256 {
		if fold(byte(b)) == fold(c) {
			out = append(out, byte(b))
		}
	}
	return out
}

// sort is what decides which attributes are read of a span: its kind, or rootCall.
type sort uint8

const (
	rootCall  = sort(auditor.KindConsumer) + 1 // a client without parent, perhaps
	sortCount = rootCall + 1
)

func sortOf(kind auditor.Kind, root bool) sort {
	if root && (kind == auditor.KindClient || kind == auditor.KindUnspecified) {
		return rootCall
	}
	return sort(kind)
}

// reads returns the slots that the facts of a sort of span are made of; what fills
// other slots need not be looked at. It follows facts and all that it calls.
func reads(of sort) slots {
	const always = onMessage | onBaggage | onError
	switch of {
	case sort(auditor.KindServer):
		return always | onRPCService | onRPCMethod | onMethod | onPath | onTarget | onURL
	case sort(auditor.KindConsumer):
		return always | onThread
	case rootCall:
		return always | onStore | onRPC | onHTTP | onPath | onTarget
	}
	return always
}

// filters are those of one sort of span.
type filters struct {
	first filter
	// all admits what first leaves out where more is set: what is only read of a
	// message. Spans of the sort are seldom of one, and without its many names most
	// attributes are turned down by their length: their keys lie in other memory
	// than the span, and to read one costs more than all else.
	all  filter
	more bool
}

// newFilters returns the filters of each sort: the names of t that are read of it, the
// tag's among them, and the captured headers of h.
func newFilters(t *table, h *headers) *[sortCount]filters {
	var out [sortCount]filters
	for of := range sortCount {
		f, reads := &out[of], reads(of)
		f.all.addNames(t, reads)
		f.all.addHeaders(h, func(header, carrier) bool { return true })
		if of == sort(auditor.KindProducer) || of == sort(auditor.KindConsumer) {
			f.first = f.all
			continue
		}
		f.more = true
		f.first.addNames(t, reads&^(onMessage|onError)|onMessaging)
		f.first.addHeaders(h, header.readOfCalls)
	}
	return &out
}

// readOfCalls tells whether a header is read of spans that are of no message.
func (h header) readOfCalls(from carrier) bool {
	return h.slot == slotMessageBaggage || from == carrierRequest && h.rank != noRank && !h.property
}

// addNames adds the names of t that hold the tag or fill a slot of the set.
func (f *filter) addNames(t *table, reads slots) {
	for _, e := range t.entries[1:] {
		if e.rank != noRank || e.slot != noSlot && reads&(1<<e.slot) != 0 {
			f.add(cellOf(e.key))
		}
	}
}

// addHeaders adds the captured headers of h that are read of a carrier.
func (f *filter) addHeaders(h *headers, read func(header, carrier) bool) {
	for _, sameLength := range h.byLen {
		for _, e := range sameLength {
			for _, prefix := range capturedPrefixes() {
				if from, _, _ := capturedName(prefix); read(e, from) {
					f.addCaptured(prefix, e.name)
				}
			}
		}
	}
}
