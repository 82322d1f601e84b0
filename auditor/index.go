package auditor

const indexShards = 64

// index maps 64-bit hashes to refs by open addressing with linear probing. It
// does not hold the keys: the caller compares. What has expired is told by its
// ref alone and counts as free, so expiry touches no slot; a shard that fills up
// is swept, and grows only if most of it is alive. Shards keep sweeps small.
//
// Slots are many and lie where the cache does not reach. So a few bits for each
// tell of most hashes that are not there, and what is inserted is put into its slot
// together with others, whose cache misses overlap, or when it is asked for.
type index struct {
	shards  [indexShards]shard
	pending []pendingSlot
	hidden  bool // some of pending have no bit yet
	living  *window
	filled  bool   // something was ever inserted
	warmed  uint32 // only so that warm is not optimised away
	scratch []slot
}

type shard struct {
	slots []slot
	maybe []uint64 // bitsOfSlot bits for each slot: a clear one proves that a hash is not there
	used  int      // slots taken since the last sweep, dead ones among them
}

const (
	bitsOfSlot = 4 // one in seven searches in vain goes on to the slots
	together   = 32
)

// pendingSlot is what has no slot yet; hidden, it may have no bit either.
type pendingSlot struct {
	hash uint64
	ref  ref
}

// slot keeps 32 bits of the hash, so that probing and sweeping touch no record.
type slot struct {
	hash uint32
	ref  ref
}

// probe walks the living refs whose hash may be equal.
type probe struct {
	x    *index
	s    *shard
	hash uint32
	pos  int
}

func (x *index) probe(h uint64) probe {
	if x.hidden {
		x.flush()
	}
	s := &x.shards[h>>58]
	if !s.may(uint32(h)) {
		return probe{}
	}
	x.flush()
	return probe{x: x, s: s, hash: uint32(h), pos: s.home(uint32(h))}
}

// may reports that a hash may be there.
func (s *shard) may(h uint32) bool {
	if len(s.maybe) == 0 {
		return false
	}
	word, bit := s.bit(h)
	return *word&bit != 0
}

// mark makes sure that may reports h.
func (s *shard) mark(h uint32) {
	word, bit := s.bit(h)
	*word |= bit
}

func (s *shard) bit(h uint32) (word *uint64, bit uint64) {
	i := uint64(h) * uint64(len(s.maybe)) >> 26 // 64 bits of each word
	return &s.maybe[i>>6], 1 << (i & 63)
}

func (s *shard) home(h uint32) int { return home(h, len(s.slots)) }

// home is where among n slots the search for a hash begins.
func home(h uint32, n int) int { return int(uint64(h) * uint64(n) >> 32) }

// after is the slot that is looked at after slot i of n.
func after(i, n int) int {
	if i++; i < n {
		return i
	}
	return 0
}

// warmBits begins to load the bits of a hash that will be asked for soon.
func (x *index) warmBits(h uint64) {
	if s := &x.shards[h>>58]; len(s.maybe) > 0 {
		word, _ := s.bit(uint32(h))
		x.warmed ^= uint32(*word)
	}
}

// warm begins to load the slots of a hash that will be asked for soon: the two
// cache misses of a span, its own and its parent's, then overlap.
func (x *index) warm(h uint64) {
	if s := &x.shards[h>>58]; len(s.slots) > 0 {
		x.warmed ^= s.slots[s.home(uint32(h))].hash
	}
}

// next returns the next candidate, or 0.
func (p *probe) next() ref {
	for p.s != nil {
		sl := p.s.slots[p.pos]
		if sl.ref == 0 {
			return 0
		}
		p.pos = after(p.pos, len(p.s.slots))
		if sl.hash == p.hash && p.x.living.alive(sl.ref) {
			return sl.ref
		}
	}
	return 0
}

// insert adds r; the caller has made sure that it is not there.
func (x *index) insert(h uint64, r ref) {
	s := &x.shards[h>>58]
	if len(s.slots) == 0 {
		x.sweep(s)
	}
	s.mark(uint32(h))
	x.push(h, r)
}

// insertLater is for many at once, before the next probe: their bits, too, are found
// together.
func (x *index) insertLater(h uint64, r ref) {
	x.hidden = true
	x.push(h, r)
}

func (x *index) push(h uint64, r ref) {
	if x.pending = append(x.pending, pendingSlot{h, r}); len(x.pending) == together {
		x.flush()
	}
}

// flush puts what is pending into slots.
func (x *index) flush() {
	if len(x.pending) == 0 {
		return
	}
	for _, p := range x.pending {
		x.warm(p.hash)
		if x.hidden {
			x.warmBits(p.hash)
		}
	}
	for _, p := range x.pending {
		x.put(&x.shards[p.hash>>58], slot{uint32(p.hash), p.ref})
	}
	x.pending, x.hidden = x.pending[:0], false
}

func (x *index) put(s *shard, sl slot) {
	if (s.used+1)*3 > len(s.slots)*2 {
		x.sweep(s)
	}
	x.place(s, sl)
}

// place fills the next free slot: one that was never taken, or a dead one.
func (x *index) place(s *shard, sl slot) {
	i := s.home(sl.hash)
	for s.slots[i].ref != 0 && x.living.alive(s.slots[i].ref) {
		i = after(i, len(s.slots))
	}
	if s.slots[i].ref == 0 {
		s.used++
	}
	s.slots[i] = sl
	s.mark(sl.hash)
}

// sweep drops the dead of a shard and makes it larger where the living need it:
// afterwards they fill at most half, and the dead and living never more than two
// thirds: beyond that a search for what is not there becomes long.
func (x *index) sweep(s *shard) {
	x.filled = true
	x.scratch = x.scratch[:0]
	for _, sl := range s.slots {
		if sl.ref != 0 && x.living.alive(sl.ref) {
			x.scratch = append(x.scratch, sl)
		}
	}
	if n := len(x.scratch); n*2 > len(s.slots) || len(s.slots) == 0 {
		s.slots = make([]slot, 2*n+n/5+16)
		s.maybe = make([]uint64, len(s.slots)*bitsOfSlot/64+1)
	} else {
		clear(s.slots)
		clear(s.maybe)
	}
	s.used = 0
	for _, sl := range x.scratch {
		x.place(s, sl)
	}
}

// replace lets the entry of old name r instead; false when old is not there.
func (x *index) replace(h uint64, old, r ref) bool {
	x.flush()
	s := &x.shards[h>>58]
	if len(s.slots) == 0 {
		return false
	}
	hash := uint32(h)
	for i := s.home(hash); s.slots[i].ref != 0; i = after(i, len(s.slots)) {
		if s.slots[i].ref == old && s.slots[i].hash == hash {
			s.slots[i].ref = r
			return true
		}
	}
	return false
}
