package auditor

// chainLink is one record of a chain, as it is worked on.
type chainLink struct {
	rec    *record
	own    uint64 // hash of its context
	from   uint64 // hash of its upstream's, 0 where it has none or is closed
	ref    ref
	up     uint8 // place of its upstream in the chain, or one of the below
	look   look
	closed bool // counted already
	asked  bool // its upstream is being closed
}

// close marks a record that is counted.
func (l *chainLink) close() {
	l.rec.flags = l.rec.flags&^flagPlain | flagClosed
	l.closed = true
}

const (
	upNowhere = maxPlain     // no upstream
	upAway    = maxPlain + 1 // not in the chain
)

// unchain lists the records of a trace, oldest first, each with its upstream. None
// of them has expired. The list is valid until the next call.
func (e *Engine) unchain(t *plainTrace) []chainLink {
	if e.links == nil {
		e.links = make([]chainLink, maxPlain)
	}
	first := maxPlain
	var at places
	for r := t.head; r != 0; {
		rec := e.spans.at(r)
		first--
		l := &e.links[first]
		*l = chainLink{rec: rec, own: t.hash.span(&rec.span), ref: r}
		if l.closed = rec.has(flagClosed); !l.closed {
			l.from = rec.upHash()
		}
		at[uint8(l.own)] = uint8(first)
		r = rec.next
	}
	c := e.links[first:]
	for i := range c {
		c[i].up = at.findUp(c, c[i].from, uint8(first))
	}
	return c
}

// places says where in the scratch list a hash may be, by its last byte.
type places [256]uint8

// findUp finds the place of a hash in c, which begins at place first of the list.
func (p *places) findUp(c []chainLink, from uint64, first uint8) uint8 {
	if from == 0 {
		return upNowhere
	}
	if i := p[uint8(from)] - first; int(i) < len(c) && c[i].own == from {
		return i
	}
	for i := range c {
		if c[i].own == from {
			return uint8(i)
		}
	}
	return upAway
}

// heat takes a plain trace to the ordinary way: its spans are indexed, joined and
// judged in the order in which they came.
func (e *Engine) heat(t *plainTrace) {
	t.state = traceHot
	e.heated++
	e.cutExpired(t)
	c := e.unchain(t)
	all := e.links
	e.links = nil // joins below may heat another trace
	for i := range c {
		e.unpack(&c[i])
	}
	for i := range c {
		e.rejoin(c, i)
	}
	for i := range c {
		if !c[i].closed {
			e.settle(c[i].ref)
		}
	}
	e.links = all
}

// cutExpired ends the chain of a trace at its oldest record that is held. It is
// closed if there are older ones: a trace is closed with its oldest segment.
func (e *Engine) cutExpired(t *plainTrace) {
	for next := &t.head; *next != 0; next = &e.spans.at(*next).next {
		if !e.spans.alive(*next) {
			*next = 0
			return
		}
	}
}

// heatOther does so for a trace that a link of another one names: nothing of it,
// seen or to come, is plain any more. It stays so as long as r is held.
func (e *Engine) heatOther(id *TraceID, r ref) {
	if e.mode != Streaming || e.allHot {
		return
	}
	t := e.plains.get(e.hash.trace(id))
	if t.state&traceHot == 0 && t.head != 0 {
		e.heat(t)
	}
	t.head, t.state = r, traceHot
}

// heatRecord does so for the trace of a record that a message id names.
func (e *Engine) heatRecord(r ref) {
	if rec := e.spans.at(r); rec.has(flagPlain | flagClosed) {
		e.heat(e.plains.get(e.hash.trace(&rec.trace)))
	}
}

// unpack gives a record's fields their ordinary meaning and makes it findable.
func (e *Engine) unpack(l *chainLink) {
	e.known.insert(l.own, l.ref)
	e.unside(l.rec)
	l.rec.next, l.rec.deps = 0, 0
	if l.closed {
		l.rec.set(flagCounted)
	} else {
		l.rec.parent = 0
	}
	l.rec.unset(flagPlain | flagClosed)
}

// unside takes a record from the chain of the message spans of its trace, of which
// all are taken.
func (e *Engine) unside(rec *record) {
	if rec.aux != 0 {
		x := e.side.at(rec.aux)
		x.edges, x.tally = 0, 0
	}
}

// rejoin connects a record to its upstream, as attach would have done.
func (e *Engine) rejoin(c []chainLink, i int) {
	l := &c[i]
	switch {
	case l.closed:
		e.rejoinClosed(l)
		return
	case l.up == upAway:
		e.await(l)
	case l.up != upNowhere && int(l.up) != i:
		e.depend(l.ref, l.rec, c[l.up].ref)
	}
	if l.rec.op() == OpProcess && !l.rec.has(flagWait) {
		e.checkID(l.ref, l.rec)
	}
}

// rejoinClosed does so for a record that was counted, whose upstream may have
// expired: it left the colour that it has itself.
func (e *Engine) rejoinClosed(l *chainLink) {
	switch p := l.rec.parent; {
	case p == 0:
	case e.spans.alive(p):
		up := e.spans.at(p)
		l.rec.next, up.deps = up.deps, l.ref
	default:
		l.rec.keepUpper(l.rec.col, l.rec.res, 0)
	}
}

// await is join for a record of which only the hash of the upstream is kept.
func (e *Engine) await(l *chainLink) {
	older := ref(0)
	p := e.known.probe(l.from)
	for r := p.next(); r != 0; r = p.next() {
		rec := e.spans.at(r)
		if !rec.has(flagEdge) && e.hash.span(&rec.trace, &rec.span) == l.from {
			e.depend(l.ref, l.rec, r)
			return
		}
		if rec.has(flagWait) && !rec.has(flagByID) && rec.parent == ref(l.from>>32) {
			older = r
		}
	}
	if l.rec.op() == OpProcess {
		if m := e.messageBySpan(l.from, &l.rec.trace); m != 0 {
			e.meetSent(l.ref, l.rec, m)
			return
		}
	}
	e.wait(&e.known, l.from, l.ref, l.rec, older)
}
