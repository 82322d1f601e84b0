package auditor

// plainTraces finds traces by the hash of their id: an index of open addressing with
// linear probing on a list in order of their first spans, so that those which
// are at work lie side by side. A trace whose newest record has expired is free,
// so expiry touches none. A seeded hash of 64 bits stands for the id.
type plainTraces struct {
	slots  []traceSlot // four times as many as fit into traces: most searches end at once
	traces []plainTrace
	living *window
	recent [4096]traceSlot // where the last trace of each of these hashes is

	expected  [3]traceHash // the last ones, and
	expecting uint         // how many there were
}

// traceSlot keeps 32 bits of the hash, so that probing touches no other trace.
type traceSlot struct {
	hash uint32
	at   uint32 // place in traces, counted from 1; 0: free
}

// get returns the entry of a trace, a new one with head 0 if there is none. The
// caller sets head; the entry is valid until the next get.
func (x *plainTraces) get(h traceHash) *plainTrace {
	if len(x.traces) == cap(x.traces) {
		x.sweep()
	}
	recent, low := x.recently(h), uint32(h)
	if recent.hash == low {
		if t := x.entry(recent.at, h); t != nil {
			return t
		}
	}
	i := x.home(h)
	for ; x.slots[i].at != 0; i = after(i, len(x.slots)) {
		if x.slots[i].hash != low {
			continue
		}
		if t := x.entry(x.slots[i].at, h); t != nil {
			*recent = x.slots[i]
			return t
		}
	}
	x.traces = append(x.traces, plainTrace{hash: h})
	*recent = traceSlot{low, uint32(len(x.traces))}
	x.slots[i] = *recent
	return &x.traces[len(x.traces)-1]
}

func (x *plainTraces) recently(h traceHash) *traceSlot { return &x.recent[h%traceHash(len(x.recent))] }

// entry returns the entry at a place, as traceSlot.at, if it is that of the trace;
// cleared if it has expired.
func (x *plainTraces) entry(at uint32, h traceHash) *plainTrace {
	if at == 0 || x.traces[at-1].hash != h {
		return nil
	}
	t := &x.traces[at-1]
	if !x.living.alive(t.head) {
		*t = plainTrace{hash: h}
	}
	return t
}

func (x *plainTraces) home(h traceHash) int { return home(uint32(h>>32), len(x.slots)) }

// sweep drops the dead and makes room where the living need it.
func (x *plainTraces) sweep() {
	clear(x.recent[:])
	living := x.traces[:0]
	for i := range x.traces {
		if x.living.alive(x.traces[i].head) {
			living = append(living, x.traces[i])
		}
	}
	if room := len(living) + len(living)/2 + 64; room > cap(living) || 4*room < cap(living) {
		living = append(make([]plainTrace, 0, room), living...)
		x.slots = make([]traceSlot, 4*room)
	} else {
		clear(x.slots)
	}
	x.traces = living
	for i := range living {
		j := x.home(living[i].hash)
		for x.slots[j].at != 0 {
			j = after(j, len(x.slots))
		}
		x.slots[j] = traceSlot{uint32(living[i].hash), uint32(i + 1)}
	}
}
