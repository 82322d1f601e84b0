package auditor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// found lists the living refs that the index names for a hash.
func found(x *index, h uint64) []ref {
	var out []ref
	p := x.probe(h)
	for r := p.next(); r != 0; r = p.next() {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// indexMachine drives an index and its model: a Go map from hash to the living refs.
type indexMachine struct {
	x      *index
	living window
	next   ref
	model  map[uint64][]ref
}

// hash draws from few values in few shards, so that probes run long and wrap.
func (m *indexMachine) hash(t *rapid.T) uint64 {
	shard := rapid.Uint64Range(0, 1).Draw(t, "shard")
	low := rapid.SampledFrom([]uint64{0, 1, 7, 1 << 31, 1<<32 - 2, 1<<32 - 1}).Draw(t, "low")
	return shard<<58 | low
}

// shadow is a hash that the slots cannot tell from h: they keep 32 bits.
func shadow(h uint64) uint64 { return h>>58<<58 | uint64(uint32(h)) }

func (m *indexMachine) newRef() ref {
	m.next++
	return m.next
}

func (m *indexMachine) insert(t *rapid.T) {
	h, r := m.hash(t), m.newRef()
	if rapid.Bool().Draw(t, "later") {
		m.x.insertLater(h, r)
	} else {
		m.x.insert(h, r)
	}
	m.model[shadow(h)] = append(m.model[shadow(h)], r)
}

func (m *indexMachine) insertMany(t *rapid.T) {
	for range rapid.IntRange(1, 200).Draw(t, "many") {
		m.insert(t)
	}
}

func (m *indexMachine) replace(t *rapid.T) {
	h := m.hash(t)
	list := m.model[shadow(h)]
	if len(list) == 0 {
		require.False(t, m.x.replace(h, 1<<30, 1<<30+1), "nothing to replace")
		return
	}
	i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
	r := m.newRef()
	require.True(t, m.x.replace(h, list[i], r))
	list[i] = r
	slices.Sort(list)
}

// grow opens a segment; expire drops the oldest one with all its refs.
func (m *indexMachine) grow(*rapid.T) {
	m.living.n++
	m.next = ref((m.living.base+m.living.n-1)<<segBits) - 1
}

func (m *indexMachine) expire(t *rapid.T) {
	if m.living.n <= 1 {
		m.grow(t)
	}
	m.living.base++
	m.living.n--
	for h, list := range m.model {
		m.model[h] = slices.DeleteFunc(list, func(r ref) bool { return !m.living.alive(r) })
	}
}

func (m *indexMachine) check(t *rapid.T) {
	for h, list := range m.model {
		require.True(t, slices.Equal(list, found(m.x, h)), "hash %x: have %v, want %v", h, found(m.x, h), list)
	}
}

// TestIndexModel: insert, replace, find and expiry agree with a Go map.
func TestIndexModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &indexMachine{living: window{base: 1, n: 1}, next: 1 << segBits, model: map[uint64][]ref{}}
		m.x = &index{living: &m.living}
		t.Repeat(map[string]func(*rapid.T){
			"insert": m.insert, "insert many": m.insertMany, "replace": m.replace, "grow": m.grow, "expire": m.expire, "": m.check,
		})
	})
}

// TestIndexForgets: what has expired makes room; the table does not grow with
// the number of insertions but with the number alive.
func TestIndexForgets(t *testing.T) {
	living := window{base: 1, n: 2}
	x := &index{living: &living}
	var m hasher
	for round := range 200 {
		for i := range segSize {
			r := ref((living.base+1)<<segBits | uint32(i))
			x.insert(m.words("k", string(rune(round)), string(rune(i))), r)
		}
		living.base++
	}
	slots := 0
	for i := range x.shards {
		slots += len(x.shards[i].slots)
	}
	require.Less(t, slots, 8*segSize, "400,000 insertions, at most 4,096 alive at once")
}

// TestHasher: other ids and other seeds give other hashes; parts are kept apart.
func TestHasher(t *testing.T) {
	m := hasher{seed: 1}
	tr, a, b := TraceID{1}, SpanID{1}, SpanID{2}
	require.NotEqual(t, m.span(&tr, &a), m.span(&tr, &b))
	require.NotEqual(t, m.span(&tr, &a), hasher{seed: 2}.span(&tr, &a))
	require.NotEqual(t, m.words("ab", "c"), m.words("a", "bc"))
	require.NotEqual(t, m.words("a"), m.words("a", ""))
	same := hasher{seed: 1}
	require.Equal(t, m.words("kafka", "topic", "0123456789"), same.words("kafka", "topic", "0123456789"))
	top := map[uint64]bool{}
	for i := range 10_000 {
		top[m.span(&tr, &SpanID{byte(i), byte(i >> 8)})>>58] = true
	}
	require.Len(t, top, indexShards, "all shards are used")
}
