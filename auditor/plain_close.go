package auditor

// closeOldest closes the plain traces that have a record in the oldest segment.
func (e *Engine) closeOldest() {
	records := e.spans.items()
	e.looks = looks{oldest: e.spans.segs[0].arrival, newest: e.spans.segs[len(e.spans.segs)-1].arrival}
	for i := 0; i < len(records); {
		heads := e.heads[:0]
		for ; i < len(records) && len(heads) < ahead; i++ {
			if rec := &records[i]; rec.has(flagPlain) {
				heads = append(heads, e.plains.get(e.hash.trace(&rec.trace)).head)
			}
		}
		e.heads = heads
		e.fetch(heads)
		for _, r := range heads {
			if rec := e.spans.at(r); rec.has(flagPlain) {
				e.closePlain(e.plains.get(e.hash.trace(&rec.trace)))
			}
		}
	}
	e.spreadCalm()
}

// leaveClosed drops the closed records of the oldest segment, of which only the
// messages live on, and returns the others. The list is scratch.
func (e *Engine) leaveClosed() []ref {
	left := e.left[:0]
	first, _ := e.spans.oldest()
	records := e.spans.items()
	for i := range records {
		switch r, rec := first+ref(i), &records[i]; {
		case r == 0: // no record
		case !rec.has(flagClosed):
			left = append(left, r)
		case rec.producer():
			e.keepMessages(r, rec)
		}
	}
	e.left = left
	return left
}

// ahead is how many chains are fetched together.
const ahead = 32

// fetch walks some chains in step: the cache misses of a chain come one after the
// other, those of several overlap (a third of what closing costs).
func (e *Engine) fetch(heads []ref) {
	e.walk, e.sending = append(e.walk[:0], heads...), e.sending[:0]
	for left := len(heads); left > 0; {
		left = 0
		for i, r := range e.walk {
			if r == 0 {
				continue
			}
			rec := e.spans.at(r)
			if rec.aux != 0 {
				e.sending = append(e.sending, rec.aux)
			}
			e.walk[i] = rec.next
			left++
		}
	}
	e.fetchMessages(e.sending)
}

// fetchMessages does so for the messages of spans with some side facts. It makes
// use of their list.
func (e *Engine) fetchMessages(sides []ref) {
	for i, a := range sides {
		sides[i] = e.side.at(a).message
	}
	for _, m := range sides {
		if e.messages.alive(m) {
			e.touched ^= e.messages.at(m).next
		}
	}
}

// closePlain counts the hops of a plain trace whose oldest window ends. Where each
// of its spans has found its upstream and stands in order, nothing that may still
// come changes that; else the trace goes the ordinary way.
func (e *Engine) closePlain(t *plainTrace) {
	c := e.unchain(t)
	for i := range c {
		e.unside(c[i].rec) // the rules read what it overlies
	}
	if e.countPlain(c) {
		t.state |= traceClosed
		return
	}
	for i := range c {
		if !e.closeSpan(c, i) {
			e.heat(t)
			return
		}
	}
	t.state |= traceClosed
}

// closeSpan closes a span after its upstream.
func (e *Engine) closeSpan(c []chainLink, i int) bool {
	l := &c[i]
	switch {
	case l.closed:
		return true
	case l.asked || l.up == upAway || len(e.versions) > 1:
		return false
	case l.rec.op() == OpProcess && (l.up == upNowhere || !c[l.up].rec.producer()):
		return false // its message id may name a producer elsewhere
	case l.rec.passive():
		l.rec.col = colour{class: colUnknown, how: howPassive}
		l.rec.parent, l.rec.deps = 0, 0
	default:
		l.asked = true
		if l.up != upNowhere && !e.closeSpan(c, int(l.up)) || !e.closeHop(c, l) {
			return false
		}
	}
	l.close()
	return true
}

// closeHop judges and counts one hop, if it is in order for good. If not, the
// record stays as it was.
func (e *Engine) closeHop(c []chainLink, l *chainLink) bool {
	rec := l.rec
	rec.parent, rec.deps = 0, 0
	if l.up != upNowhere {
		rec.parent = c[l.up].ref
	}
	h, out := e.rule(l.ref, rec, nil)
	col := h.colour()
	good := col.class == colProbe || col.class == colBaseline && col.how&^howOrigin == 0 || col.class == colTag && col.how == 0 && out.place != vFallback
	if !good || out.found != vNone || out.held || out.prop == vUndecidable || attempted(e, c, l) || e.lacksProperty(l.ref, rec) {
		rec.parent, rec.deps = ref(l.from>>32), ref(l.from)
		return false
	}
	rec.col = col
	if rec.producer() {
		e.noteProduced(l.ref, rec)
	}
	e.countHop(rec, nil, h, &out, true)
	return true
}

// attempted reports a consumption of which the trace holds another attempt: which
// of them counts is not decided here.
func attempted(e *Engine, c []chainLink, l *chainLink) bool {
	if l.rec.op() != OpProcess {
		return false
	}
	for i := range c {
		if o := &c[i]; o.from == l.from && o != l && e.sameConsumption(l.rec, o.rec) {
			return true
		}
	}
	return false
}
