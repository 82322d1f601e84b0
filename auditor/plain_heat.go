package auditor

// chainLink is one record of a chain, as it is worked on.
type chainLink struct {
	ref    ref
	rec    *record
	own    uint64 // hash of its context
	from   uint64 // hash of its upstream's; of a record that is not closed
	up     int    // its upstream in the chain, or one of the below
	closed bool   // counted already
	asked  bool   // its upstream is being closed
	look   look
}

// close marks a record that is counted.
func (l *chainLink) close() {
	l.rec.flags = l.rec.flags&^flagPlain | flagClosed
	l.closed = true
}

const (
	upNowhere = -1 // no upstream
	upAway    = -2 // not in the chain
)

// unchain lists the records of a trace, oldest first, each with its upstream.
// The list is valid until the next call.
func (e *Engine) unchain(t *plainTrace) []chainLink {
	if e.links == nil {
		e.links = make([]chainLink, maxPlain)
	}
	first := maxPlain
	for r := t.head; e.spans.alive(r); {
		rec := e.spans.at(r)
		first--
		e.links[first] = chainLink{ref: r, rec: rec, own: t.hash.span(&rec.span), from: rec.upHash(), closed: rec.has(flagClosed)}
		r = rec.next
	}
	c := e.links[first:]
	var at places
	for i := range c {
		at[uint8(c[i].own)] = uint8(i)
	}
	for i := range c {
		c[i].up = at.findUp(c, &c[i])
	}
	return c
}

// places says where in a chain a hash may be, by its last byte.
type places [256]uint8

func (p *places) findUp(c []chainLink, l *chainLink) int {
	if l.closed || l.rec.passive() || l.rec.has(flagRoot) && !l.rec.has(flagLinked) {
		return upNowhere
	}
	if i := int(p[uint8(l.from)]); c[i].own == l.from {
		return i
	}
	for i := range c {
		if c[i].own == l.from {
			return i
		}
	}
	return upAway
}

// heat takes a plain trace to the ordinary way: its spans are indexed, joined and
// judged in the order in which they came.
func (e *Engine) heat(t *plainTrace) {
	t.state = traceHot
	e.heated++
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
		e.side.at(rec.aux).edges = 0
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
	case l.up != upNowhere && l.up != i:
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
	e.wait(&e.known, l.from, l.ref, l.rec, older)
}
