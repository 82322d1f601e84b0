package auditor

import "math/bits"

// settle brings a span's colour up to date and everything that hangs on it: a
// colour that becomes known cascades through those who waited, each once.
func (e *Engine) settle(r ref) {
	e.enqueue(r)
	for len(e.work) > 0 {
		r := e.work[len(e.work)-1]
		e.work = e.work[:len(e.work)-1]
		rec := e.spans.at(r)
		rec.unset(flagQueued)
		if rec.has(flagEdge) {
			e.settleEdge(r, rec)
		} else {
			e.settleSpan(r, rec)
		}
	}
}

func (e *Engine) enqueue(r ref) {
	if rec := e.spans.at(r); !rec.has(flagQueued) {
		rec.set(flagQueued)
		e.work = append(e.work, r)
	}
}

func (e *Engine) settleSpan(r ref, rec *record) {
	if e.settlePlain(r, rec) {
		return
	}
	h := &e.hop
	e.gather(h, r, rec, nil, e.ruleset(rec.start).now)
	c := h.colour()
	if rec.passive() {
		c = colour{class: colUnknown, how: howPassive}
	}
	changed := c != rec.col
	rec.col = c
	switch {
	case e.mode == Offline:
	case rec.aux == 0 && len(e.versions) == 1:
		if !rec.has(flagProbe) {
			out := judge(h)
			e.conclude(r, rec, 0, nil, h, &out)
		}
	default:
		e.review(r, rec)
	}
	if changed {
		e.enqueueDeps(rec)
	}
}

func (e *Engine) enqueueDeps(rec *record) {
	if rec.has(flagMoved) {
		return
	}
	for d := rec.deps; e.spans.alive(d); d = e.spans.at(d).next {
		e.enqueue(d)
	}
}

// settleEdge updates the colour that a link delivers. Its owner is looked at
// again only where the sum over all its links changed.
func (e *Engine) settleEdge(er ref, edge *record) {
	if !e.spans.alive(edge.deps) {
		return
	}
	owner := e.spans.at(edge.deps)
	x := e.side.at(owner.aux)
	t := e.sum(x)
	before := t.colour()
	e.deliver(edge)
	if t = e.sum(x); t.colour() != before {
		e.enqueue(edge.deps)
	} else if e.mode == Streaming && !owner.has(flagQueued) {
		e.reviewHop(edge.deps, owner, er, edge)
	}
}

// deliver takes over the colour of the linked span into the owner's sum.
func (e *Engine) deliver(edge *record) {
	if c := e.delivered(edge); c != edge.col {
		x := e.side.at(e.spans.at(edge.deps).aux)
		old := edge.col
		edge.col = c
		if x.tally != 0 {
			e.recount(x, old, c)
		}
	}
}

// delivered is the colour that comes by a link: its own tag attribute first,
// then what leaves the linked span. Alone the attribute is in doubt.
func (e *Engine) delivered(edge *record) colour {
	state, up, p := e.upstream(edge)
	if !edge.has(flagTagged) {
		return up
	}
	told := colour{class: colTag, env: edge.tag}
	if edge.tag == envBase {
		told.class = colBaseline
	}
	switch {
	case told.same(up):
		told.how = up.how & howDoubt
	case state == upOpen:
		told.how = howDoubt | howTold
	case told.class == colBaseline && up.known() && e.told(edge, p)&keptMany == 0:
		up.how |= howDoubt // of this one message: it lost the tag, or has lost it
		return up
	default:
		told.how = howDoubt
	}
	return told
}

// recount moves one link from colour a to colour b in the sum.
func (e *Engine) recount(x *aux, a, b colour) {
	t := e.tallies.at(x.tally)
	if a.class != colOpen {
		t.known--
		t.count(a.how, ^uint32(0))
		if !a.known() {
			t.unknown--
		}
		if a.same(t.col) {
			t.common--
		}
	}
	if t.common == 0 && t.known > 0 { // the colour that prevailed is gone: count anew
		*t = linkTally{total: t.total}
		for er := x.edges; er != 0; er = e.spans.at(er).aux {
			t.add(e.spans.at(er).col)
		}
		return
	}
	t.add(b)
}

func (t *linkTally) add(c colour) {
	if c.class == colOpen {
		return
	}
	if t.known == 0 {
		t.col = c
	}
	if c.same(t.col) {
		t.common++
	}
	t.known++
	if !c.known() {
		t.unknown++
	}
	t.count(c.how, 1)
}

// doubted reports that a link's colour is in doubt.
func (t *linkTally) doubted() bool { return t.hows[bits.TrailingZeros8(uint8(howDoubt))] > 0 }

// count adds n to the counts of the bits of w.
func (t *linkTally) count(w how, n uint32) {
	for i := range t.hows {
		if w>>i&1 != 0 {
			t.hows[i] += n
		}
	}
}

// sum returns the sum over a span's links; of a single one it is made up here.
func (e *Engine) sum(x *aux) linkTally {
	switch {
	case x.tally != 0:
		return *e.tallies.at(x.tally)
	case x.edges == 0:
		return linkTally{}
	}
	t := linkTally{total: 1}
	t.add(e.spans.at(x.edges).col)
	return t
}

// colour is the one colour of all links, or unknown.
func (t *linkTally) colour() colour {
	switch {
	case t.known < t.total:
		return colour{}
	case t.common == t.total:
		c := colour{class: t.col.class, env: t.col.env}
		for i, n := range t.hows {
			if n > 0 {
				c.how |= 1 << i
			}
		}
		return c
	}
	return colour{class: colUnknown}
}
