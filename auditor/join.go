package auditor

// maxLinks bounds what one span may leave behind; SDKs keep 128 by default.
const maxLinks = 1 << 15

// link leaves an edge for each span link. Of a SERVER root (a trust boundary
// that starts its own trace) only the first link counts.
func (e *Engine) link(r ref, rec *record, s *Span) {
	links := s.Links
	if rec.op() != OpProcess {
		links = links[:1]
	}
	if len(links) > maxLinks {
		links = links[:maxLinks]
		e.side.at(rec.aux).bits |= auxDropped
	}
	for i := range links {
		l := &links[i]
		er, edge := e.newEdge(r, rec)
		edge.trace, edge.parentID, edge.res = l.TraceID, l.SpanID, uint16(min(i, 1<<16-1))
		if l.Tag.Present {
			edge.set(flagTagged)
			edge.tag = e.tags.env(l.Tag.Value)
		}
		if l.MessageID != "" {
			edge.start = int64(e.hash.words(s.Message.System, s.Message.Destination, l.MessageID))
		}
		e.join(er, edge, e.hash.span(&edge.trace, &edge.parentID))
		e.deliver(edge)
	}
	markShared(e, rec)
}

// linkByID leaves an edge for the message id of a process span without links.
func (e *Engine) linkByID(r ref, rec *record) {
	h := e.side.at(rec.aux).idHash
	if h == 0 {
		return
	}
	er, edge := e.newEdge(r, rec)
	edge.set(flagByID)
	edge.start = int64(h)
	m := e.messageByID(h)
	switch {
	case m == 0:
		e.wait(&e.byIDWait, h, er, edge, e.waitingByID(h))
	case e.spans.alive(e.messages.at(m).record):
		e.depend(er, edge, e.messages.at(m).record)
	default:
		msg := e.messages.at(m)
		edge.keepUpper(msg.col, msg.res)
		e.take(m, rec, e.side.at(rec.aux), h)
	}
	e.deliver(edge)
}

// markShared marks the links of one span that name the same context: their
// findings need the ordinal to be told apart.
func markShared(e *Engine, rec *record) {
	x := e.side.at(rec.aux)
	if x.links.total < 2 {
		return
	}
	type context struct {
		trace TraceID
		span  SpanID
	}
	first := make(map[context]*record, x.links.total)
	for er := x.edges; er != 0; er = e.spans.at(er).aux {
		edge := e.spans.at(er)
		k := context{edge.trace, edge.parentID}
		if other := first[k]; other != nil {
			other.set(flagShared)
			edge.set(flagShared)
		}
		first[k] = edge
	}
}

func (e *Engine) newEdge(r ref, rec *record) (ref, *record) {
	er := e.newRecord()
	edge := e.spans.at(er)
	x := e.side.at(rec.aux)
	edge.flags = flagEdge
	edge.deps, edge.aux = r, x.edges
	x.edges = er
	x.links.total++
	return er, edge
}

// join connects a record to the upstream that it names, or lets it wait.
func (e *Engine) join(r ref, rec *record, h uint64) {
	p, waiting := e.lookup(h, &rec.trace, &rec.parentID)
	if p != 0 {
		if p != r { // a span that is its own parent has no upstream
			e.depend(r, rec, p)
		}
		return
	}
	if rec.has(flagEdge) || rec.op() == OpProcess {
		if m := e.messageBySpan(h, &rec.trace, &rec.parentID); m != 0 {
			msg := e.messages.at(m)
			rec.keepUpper(msg.col, msg.res)
			e.takeBy(m, rec)
			return
		}
	}
	e.wait(&e.known, h, r, rec, waiting)
}

// depend puts r first in the list of p's dependents: the newest leads.
func (e *Engine) depend(r ref, rec *record, p ref) {
	parent := e.spans.at(p)
	rec.parent, rec.next, parent.deps = p, parent.deps, r
	e.takeFrom(rec, parent)
}

// wait puts r into an index, before the older record that waits for the same.
func (e *Engine) wait(x *index, h uint64, r ref, rec *record, older ref) {
	rec.set(flagWait)
	if rec.next = older; older != 0 {
		x.replace(h, older, r)
	} else {
		x.insert(h, r)
	}
}

// waitingByID finds the newest edge that waits for a message id.
func (e *Engine) waitingByID(h uint64) ref {
	p := e.byIDWait.probe(h)
	for c := p.next(); c != 0; c = p.next() {
		if rec := e.spans.at(c); rec.has(flagWait) && uint64(rec.start) == h {
			return c
		}
	}
	return 0
}

// adopt gives those who waited, newest first, to their upstream p.
func (e *Engine) adopt(first, p ref, parent *record) {
	parent.deps = e.merge(first, parent.deps)
	for d := first; e.spans.alive(d); d = e.spans.at(d).next {
		if rec := e.spans.at(d); rec.has(flagWait) {
			rec.unset(flagWait)
			rec.parent = p
			e.takeFrom(rec, parent)
		}
	}
}

// merge joins two lists of dependents, each newest first.
func (e *Engine) merge(a, b ref) ref {
	var head ref
	at := &head
	for e.spans.alive(a) && e.spans.alive(b) {
		if a-ref(e.spans.living.base<<segBits) < b-ref(e.spans.living.base<<segBits) {
			a, b = b, a
		}
		*at = a
		at = &e.spans.at(a).next
		a = *at
	}
	if *at = a; !e.spans.alive(a) {
		*at = b
	}
	return head
}

// takeFrom notes a consumption when a process span, or an edge of one, has met
// its producer.
func (e *Engine) takeFrom(rec, producer *record) {
	if producer.producer() && producer.aux != 0 {
		e.takeBy(e.side.at(producer.aux).message, rec)
	}
}

// takeBy finds whose consumption it is: the span's own, or the edge's owner's.
func (e *Engine) takeBy(m ref, rec *record) {
	id := uint64(0)
	if rec.has(flagEdge) {
		if !e.spans.alive(rec.deps) {
			return
		}
		id, rec = uint64(rec.start), e.spans.at(rec.deps)
	}
	if rec.op() != OpProcess || rec.aux == 0 || rec.has(flagSkip) {
		return
	}
	x := e.side.at(rec.aux)
	if id == 0 {
		id = x.idHash
	}
	e.take(m, rec, x, id)
}
