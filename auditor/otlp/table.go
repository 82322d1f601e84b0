package otlp

import (
	"math"
	"strings"
)

const (
	// noRank marks a name that holds no tag; any real rank is smaller.
	noRank = math.MaxInt16
	// maxNames bounds how many names of a policy's lists are used.
	maxNames = 256
)

// entry says what one attribute name means. Entries are small: spans go through
// the nearest cache, and what is looked up for each attribute should stay in it.
type entry struct {
	key    string
	words  words  // of key
	length uint16 // of key, as far as words has it; else 0
	// rank is the place of the key among the policy's env keys, noRank if it is none.
	rank int16
	// next is the next entry of the same bucket, 0 if there is none.
	next uint16
	slot slot // noSlot: only a tag key
	// captured is set where the name is also that of a captured header.
	captured bool
}

// table finds attribute names by the cell that they fall into. It is filled from
// the policy and the conventions only, so traffic cannot make a bucket fuller.
type table struct {
	first   [256]uint16 // entry of each bucket; 0 is none
	entries []entry     // entry 0 is unused
}

// bucket folds cells so that no two known names share one that are not of the
// same cell.
func (c cell) bucket() uint8 { return 24*c.row + c.column }

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

// maxEntries bounds how large captured headers make a table.
const maxEntries = 256

// addCaptured adds captured headers as they are usually written: as they are, and
// normalised. They would be told by their prefixes, but an outline holds entries.
func (t *table) addCaptured(h *headers) {
	for _, sameLength := range h.byLen {
		for _, e := range sameLength {
			for _, prefix := range capturedPrefixes() {
				if len(t.entries) < maxEntries {
					t.put(prefix + e.name)
					t.put(prefix + strings.Map(func(r rune) rune { return rune(fold(byte(r))) }, e.name))
				}
			}
		}
	}
}

// words are the first, middle and last 8 bytes of a name of 8 to 24 bytes, which is
// all of it. Comparing strings takes twice as long, and branches by their lengths.
type words [3]uint64

// wordsOf returns the words and the length of a name, 0 if that is another.
func wordsOf(k string) (w words, length uint16) {
	last := len(k) - 8
	if last < 0 || last > 16 {
		return words{}, 0
	}
	return words{word(k, 0), word(k, last/2), word(k, last)}, uint16(len(k))
}

func word(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// put returns the entry of key, made if need be; valid until the next put.
func (t *table) put(key string) *entry {
	c := cellOf(key)
	if e := t.find(c, key); e != nil {
		return e
	}
	_, _, captured := capturedName(key)
	w, n := wordsOf(key)
	t.entries = append(t.entries, entry{key: key, words: w, length: n, slot: noSlot, rank: noRank, captured: captured, next: t.first[c.bucket()]})
	t.first[c.bucket()] = uint16(len(t.entries) - 1)
	return &t.entries[len(t.entries)-1]
}

// find returns the entry of key, which falls into c; nil if it means nothing.
func (t *table) find(c cell, key string) *entry {
	for i := t.first[c.bucket()]; i != 0; {
		e := &t.entries[i]
		if e.key == key {
			return e
		}
		i = e.next
	}
	return nil
}
