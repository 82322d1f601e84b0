package otlp

import "math"

const (
	// noRank marks a name that holds no tag; any real rank is smaller.
	noRank = math.MaxInt16
	// maxNames bounds how many names of a policy's lists are used.
	maxNames = 256
	// tableSize leaves the table at most a third full.
	tableSize = 1 << 10
)

// entry says what one attribute name means.
type entry struct {
	key  string
	slot slot // noSlot: only a tag key
	// captured is set where the name is also that of a captured header.
	captured bool
	// rank is the place of the key among the policy's env keys, noRank if it is none.
	rank int16
}

// table finds attribute names. It is a hash table of its own because one look-up
// for each attribute of each span is most of the decoder's cost: the hash takes
// the length and the last eight bytes, in which the names differ. It is filled
// from the policy and the conventions only, so traffic cannot make it collide more.
type table struct {
	index   [tableSize]uint16 // into entries; 0 is empty
	entries []entry           // entry 0 is unused
}

// newTable builds the table of the known attributes and the policy's env keys,
// the first key being the one to prefer. A key may be both.
func newTable(env []string) *table {
	t := &table{entries: make([]entry, 1, 2*int(slotCount))}
	for _, a := range attributes() {
		t.put(a.key).slot = a.slot
	}
	for i, k := range env {
		if e := t.put(k); e.rank == noRank {
			e.rank = int16(i)
		}
	}
	return t
}

// put returns the entry of key, made if need be; valid until the next put.
func (t *table) put(key string) *entry {
	if e := t.find(key); e != nil {
		return e
	}
	h := place(key)
	for t.index[h%tableSize] != 0 {
		h++
	}
	t.index[h%tableSize] = uint16(len(t.entries))
	_, _, captured := capturedName(key)
	t.entries = append(t.entries, entry{key: key, slot: noSlot, rank: noRank, captured: captured})
	return &t.entries[len(t.entries)-1]
}

// find returns the entry of key, nil if it means nothing.
func (t *table) find(key string) *entry {
	for h := place(key); ; h++ {
		i := t.index[h%tableSize]
		if i == 0 {
			return nil
		}
		if e := &t.entries[i]; e.key == key {
			return e
		}
	}
}

// place returns where the search for k begins, before the remainder is taken.
func place(k string) uint {
	n := len(k)
	if n < 8 {
		return placeShort(k)
	}
	k = k[n-8:]
	x := uint64(k[0]) | uint64(k[1])<<8 | uint64(k[2])<<16 | uint64(k[3])<<24 |
		uint64(k[4])<<32 | uint64(k[5])<<40 | uint64(k[6])<<48 | uint64(k[7])<<56
	return spread(x + uint64(n)<<32)
}

func placeShort(k string) uint {
	n := len(k)
	if n == 0 {
		return 0
	}
	return spread(uint64(k[0]) | uint64(k[n/2])<<8 | uint64(k[n-1])<<16 | uint64(n)<<24)
}

// spread is Fibonacci hashing: 2^64 / golden ratio, whose high bits are the mixed ones.
func spread(x uint64) uint { return uint(x * 0x9e3779b97f4a7c15 >> 40) }
