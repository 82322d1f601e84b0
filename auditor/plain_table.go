package auditor

// plainTraces finds traces by the hash of their id: open addressing with linear
// probing. An entry whose newest record has expired is free, so expiry touches
// no entry. A seeded hash of 64 bits stands for the id.
type plainTraces struct {
	slots  []plainTrace
	used   int // slots that were ever taken since the last sweep
	living *window
}

// get returns the entry of a trace, a new one with head 0 if there is none. The
// caller sets head; the entry is valid until the next get.
func (x *plainTraces) get(h uint64) *plainTrace {
	if (x.used+1)*3 > len(x.slots)*2 {
		x.sweep()
	}
	var free *plainTrace
	for i := x.home(h); ; i++ {
		if i == len(x.slots) {
			i = 0
		}
		t := &x.slots[i]
		switch {
		case t.head == 0:
			if free == nil {
				free = t
				x.used++
			}
			*free = plainTrace{hash: h}
			return free
		case x.living.alive(t.head):
			if t.hash == h {
				return t
			}
		case free == nil:
			free = t
		}
	}
}

func (x *plainTraces) home(h uint64) int { return int((h >> 32) * uint64(len(x.slots)) >> 32) }

// sweep drops the dead and makes room where the living need it.
func (x *plainTraces) sweep() {
	old, n := x.slots, 0
	for i := range old {
		if x.living.alive(old[i].head) {
			n++
		}
	}
	x.slots, x.used = make([]plainTrace, 2*n+64), n
	for _, t := range old {
		if !x.living.alive(t.head) {
			continue
		}
		i := x.home(t.hash)
		for x.slots[i].head != 0 {
			if i++; i == len(x.slots) {
				i = 0
			}
		}
		x.slots[i] = t
	}
}
