package auditor

// ref names an item of an arena; 0 is "none". Refs count upwards and wrap at
// 2^31, far beyond what can be alive at once.
type ref uint32

const (
	segBits  = 11
	segSize  = 1 << segBits
	segCount = 1 << (31 - segBits) // segment numbers wrap here
)

// segment is a run of items that arrived together and expire together.
type segment[T any] struct {
	items   *[segSize]T // apart from the rest, so that its size is a power of two: none is wasted
	n       uint32      // items used
	arrival int64       // when the first item came
	last    int64       // when the newest came
}

// arena holds items without pointers of their own in segments; expiry drops the
// oldest segment whole, so nothing is freed one by one and the GC scans nothing.
type arena[T any] struct {
	segs   []segment[T] // alive, oldest first
	living window
	spares []*[segSize]T // a few dropped ones, for reuse
}

func (a *arena[T]) at(r ref) *T {
	return &a.segs[(uint32(r)>>segBits-a.living.base)&(segCount-1)].items[r&(segSize-1)]
}

// window is which segments are alive: n of them from number base on.
type window struct{ base, n uint32 }

// alive reports whether r names an item that has not expired.
func (w *window) alive(r ref) bool {
	return r != 0 && (uint32(r)>>segBits-w.base)&(segCount-1) < w.n
}

// oldest reports whether r, which is alive, names an item of the oldest segment.
func (w *window) oldest(r ref) bool { return uint32(r)>>segBits == w.base }

func (a *arena[T]) alive(r ref) bool { return a.living.alive(r) }

// arrival returns when r's segment began.
func (a *arena[T]) arrival(r ref) int64 {
	return a.segs[(uint32(r)>>segBits-a.living.base)&(segCount-1)].arrival
}

// newest returns the segment that items are added to.
func (a *arena[T]) newest() *segment[T] { return &a.segs[len(a.segs)-1] }

// full reports that the next item begins a new segment.
func (a *arena[T]) full() bool { return len(a.segs) == 0 || a.segs[len(a.segs)-1].n == segSize }

// alloc returns the name of a zeroed item.
func (a *arena[T]) alloc(now int64) ref {
	r, _ := a.next(now)
	return r
}

// next returns a zeroed item.
func (a *arena[T]) next(now int64) (ref, *T) {
	if a.full() {
		a.rotate(now)
	}
	return a.take(now)
}

// take is next where the newest segment is not full.
func (a *arena[T]) take(now int64) (ref, *T) {
	s := a.newest()
	number := (a.living.base + uint32(len(a.segs)) - 1) & (segCount - 1)
	r := ref(number<<segBits | s.n)
	item := &s.items[r&(segSize-1)]
	*item = *new(T) // it may be a spare one; clearing all at once would cost the cache twice
	s.n++
	s.last = max(s.last, now)
	if r == 0 { // 0 means none
		return a.next(now)
	}
	return r, item
}

// rotate begins a new segment, unless the newest is still empty.
func (a *arena[T]) rotate(now int64) {
	if n := len(a.segs); n > 0 && a.segs[n-1].n == 0 {
		a.segs[n-1].arrival = now
		return
	}
	s := segment[T]{arrival: now}
	if n := len(a.spares); n > 0 {
		s.items, a.spares = a.spares[n-1], a.spares[:n-1]
	} else {
		s.items = new([segSize]T)
	}
	a.segs = append(a.segs, s)
	a.living.n++
}

// oldest returns the refs of the oldest segment: [first, first+n).
func (a *arena[T]) oldest() (first ref, n uint32) {
	return ref(a.living.base << segBits), a.segs[0].n
}

// items returns the items of the oldest segment; where its first ref is 0 the first
// one is none, and zero.
func (a *arena[T]) items() []T { return a.segs[0].items[:a.segs[0].n] }

func (a *arena[T]) dropOldest() {
	if len(a.spares) < 4 {
		a.spares = append(a.spares, a.segs[0].items)
	}
	copy(a.segs, a.segs[1:])
	a.segs[len(a.segs)-1] = segment[T]{}
	a.segs = a.segs[:len(a.segs)-1]
	a.living.base = (a.living.base + 1) & (segCount - 1)
	a.living.n--
}

// dropBefore drops the segments that hold nothing from r on.
func (a *arena[T]) dropBefore(r ref) {
	for len(a.segs) > 0 && a.alive(r) && uint32(r)>>segBits != a.living.base {
		a.dropOldest()
	}
}

// tail returns the ref that the next alloc will give at the earliest.
func (a *arena[T]) tail() ref {
	if len(a.segs) == 0 {
		return 0
	}
	number := (a.living.base + uint32(len(a.segs)) - 1) & (segCount - 1)
	return ref(number<<segBits | a.segs[len(a.segs)-1].n)
}

// each visits all items, oldest first.
func (a *arena[T]) each(visit func(ref, *T)) { a.first(len(a.segs), visit) }

// first visits the items of the n oldest segments.
func (a *arena[T]) first(n int, visit func(ref, *T)) {
	for i, s := range a.segs[:n] {
		number := (a.living.base + uint32(i)) & (segCount - 1)
		for j := range s.n {
			if r := ref(number<<segBits | j); r != 0 {
				visit(r, &s.items[j])
			}
		}
	}
}

// size returns how many items are alive.
func (a *arena[T]) size() int {
	n := 0
	for _, s := range a.segs {
		n += int(s.n)
	}
	return n
}
