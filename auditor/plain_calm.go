package auditor

// calmHop is all that the counters tell of a hop in order of a plain trace. Few
// differ, so they are counted by kind first, one addition each, and then
// spread over the counters at once.
type calmHop struct {
	from, to, channel uint16
	kind              kindID
	rate              uint8
	root              bool // no upstream
	entry             bool // placement is judged
	counts            bool // one of the workload's entries: no later attempt
	origin            bool
}

// ruling is what the rules say of it.
func (h *calmHop) ruling() (out ruling) {
	out.root = h.root
	if !h.root {
		out.prop = vOK
	}
	switch {
	case h.entry && h.origin && h.root:
		out.place, out.placeWhy = vUndecidable, whyOrigin
	case h.entry:
		out.place = vOK
	}
	return out
}

// calmHops counts them. A cell that another kind needs is spread before its time.
type calmHops struct {
	cells [256]calmCell
	used  []uint8
}

type calmCell struct {
	hop calmHop
	n   uint64
}

func (c *calmHops) add(t *tally, h calmHop) {
	i := uint8(h.from*31 + h.to*7 + h.channel*13 + uint16(h.kind) + uint16(h.rate)<<3)
	cell := &c.cells[i]
	switch {
	case cell.n == 0:
		cell.hop = h
		c.used = append(c.used, i)
	case cell.hop != h:
		t.calm(&cell.hop, cell.n)
		cell.hop, cell.n = h, 0
	}
	cell.n++
}

// spread moves all counts to t.
func (c *calmHops) spread(t *tally) {
	for _, i := range c.used {
		t.calm(&c.cells[i].hop, c.cells[i].n)
		c.cells[i] = calmCell{}
	}
	c.used = c.used[:0]
}

// calm counts n hops that are alike.
func (t *tally) calm(h *calmHop, n uint64) {
	out := h.ruling()
	t.count(&out, false, n)
	if h.counts {
		t.add(t.entriesOf(h.to), h.rate, envBase, n)
	}
	if !h.root {
		k := edgeKey{from: h.from, to: h.to, kind: h.kind, channel: h.channel}
		t.hop(t.edge(k), h.rate, hopClass{verdict: vOK, hop: true}, n)
	}
}
