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
// nothing: looking up one bit is nearly all that they cost.
type filter [64]uint64

func (f *filter) has(c cell) bool { return f[c.row%64]>>(c.column%64)&1 != 0 }

func (f *filter) add(c cell) { f[c.row%64] |= 1 << (c.column % 64) }

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

const kindCount = auditor.KindConsumer + 1

// reads returns the slots that the facts of a span of a kind are made of; what
// fills other slots need not be looked at. It follows facts and all that it calls.
func reads(kind auditor.Kind) slots {
	const always = onMessage | onBaggage | onError
	switch kind {
	case auditor.KindServer:
		return always | onRPCService | onRPCMethod | onMethod | onPath | onTarget | onURL
	case auditor.KindInternal, auditor.KindProducer:
		return always | onStore
	case auditor.KindConsumer:
		return always | onStore | onThread
	}
	return always | onStore | onRPC | onHTTP | onPath | onTarget
}

// newFilters returns the filter of each kind: the names of t that it reads, the
// tag's among them, and the captured headers of h.
func newFilters(t *table, h *headers) *[kindCount]filter {
	var captured filter
	for _, sameLength := range h.byLen {
		for _, e := range sameLength {
			for _, prefix := range capturedPrefixes() {
				captured.addCaptured(prefix, e.name)
			}
		}
	}
	var out [kindCount]filter
	for kind := range out {
		out[kind] = captured
		reads := reads(auditor.Kind(kind))
		for _, e := range t.entries[1:] {
			if e.rank != noRank || e.slot != noSlot && reads&(1<<e.slot) != 0 {
				out[kind].add(cellOf(e.key))
			}
		}
	}
	return &out
}
