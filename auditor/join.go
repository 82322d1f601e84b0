package auditor

// checkID looks up the message id of a process span, now that its parent was
// seen: only where the parent is not the producer of that very message does the
// id add anything.
func (e *Engine) checkID(r ref, rec *record) {
	if rec.op() != OpProcess || rec.has(flagLinked) || rec.aux == 0 || e.side.at(rec.aux).idHash == 0 || e.side.at(rec.aux).edges != 0 {
		return
	}
	x := e.side.at(rec.aux)
	first := x.message
	if rec.met() {
		first = e.sent(e.spans.at(rec.parent))
	}
	for m := first; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		if h := e.messages.at(m).idHash; h == 0 || h == x.idHash {
			return
		}
	}
	e.linkByID(r, rec)
}

// linkByID leaves an edge for the message id of a process span without links.
func (e *Engine) linkByID(r ref, rec *record) {
	h := e.side.at(rec.aux).idHash
	if h == 0 {
		return
	}
	er, edge := e.newEdge(r, rec)
	edge.set(flagByID | rec.flags&flagFinal)
	edge.start = int64(h)
	m := e.messageByID(h)
	switch {
	case m == 0:
		e.wait(&e.byIDWait, h, er, edge, e.waitingByID(h))
	case e.spans.alive(e.messages.at(m).record):
		e.heatRecord(e.messages.at(m).record)
		e.depend(er, edge, e.messages.at(m).record)
	default:
		e.meetLate(er, edge, m)
	}
	e.deliver(edge)
}

// meetLate joins a consumer with a message whose producer has expired.
func (e *Engine) meetLate(r ref, rec *record, m ref) {
	msg := e.messages.at(m)
	if owner, id := e.consumption(rec); owner != nil && e.taken(m, e.side.at(owner.aux), id) {
		owner.set(flagLater) // the attempts before it may have expired as well
	}
	rec.keepUpper(msg.col, msg.res, msg.told)
	if p, ok := e.senders[m]; ok {
		if k, owner := e.hopOf(r, rec); owner != nil {
			e.ledger.keepPeer(k, owner, p)
		}
	}
	e.keepMessage(rec, m)
	e.takeBy(m, rec)
}

// keepMessage notes with a consumer the message of a producer that expires.
func (e *Engine) keepMessage(rec *record, m ref) {
	if rec.has(flagEdge) {
		if !e.spans.alive(rec.deps) {
			return
		}
		rec = e.spans.at(rec.deps)
	}
	if rec.op() == OpProcess && rec.aux != 0 {
		e.side.at(rec.aux).message = m
	}
}

// join connects a record to the upstream that it names, or lets it wait.
func (e *Engine) join(r ref, rec *record, trace *TraceID, up *SpanID) {
	h := e.hash.span(trace, up)
	p, waiting := e.lookup(h, trace, up)
	if p != 0 {
		if p != r { // a span that is its own parent has no upstream
			e.depend(r, rec, p)
		}
		return
	}
	if rec.has(flagEdge) || rec.op() == OpProcess {
		if m := e.messageBySpan(h, trace); m != 0 {
			e.meetSent(r, rec, m)
			return
		}
	}
	e.wait(&e.known, h, r, rec, waiting)
}

// meetSent joins a consumer with a message whose producer it names and has expired.
func (e *Engine) meetSent(r ref, rec *record, m ref) {
	if rec.has(flagLinked) {
		msg := e.messages.at(m)
		e.linkOf[r] = context{msg.trace, msg.span}
		rec.set(flagKept)
	}
	e.meetLate(r, rec, m)
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
	rec.parent = ref(h >> 32)
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
	e.adopted = e.adopted[:0]
	for d := first; e.spans.alive(d); d = e.spans.at(d).next {
		if rec := e.spans.at(d); rec.has(flagWait) {
			rec.unset(flagWait)
			rec.parent = p
			e.takeFrom(rec, parent)
			switch {
			case rec.op() == OpProcess:
				e.adopted = append(e.adopted, d)
			case rec.has(flagByID) && e.mode == Streaming && e.spans.alive(rec.deps):
				e.enqueue(rec.deps) // until now its parent stood for it
			}
		}
	}
	for _, d := range e.adopted {
		e.checkID(d, e.spans.at(d))
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
	if m := e.sent(producer); m != 0 {
		e.takeBy(m, rec)
	}
}

// takeBy notes the consumption that a span, or an edge of one, stands for.
func (e *Engine) takeBy(m ref, rec *record) {
	if owner, id := e.consumption(rec); owner != nil {
		e.take(m, e.side.at(owner.aux), id)
	}
}

// consumption finds whose consumption it is, the span's own or the edge's owner's,
// and of which message id.
func (e *Engine) consumption(rec *record) (owner *record, id uint64) {
	if rec.has(flagEdge) {
		if !e.spans.alive(rec.deps) {
			return nil, 0
		}
		id, rec = uint64(rec.start), e.spans.at(rec.deps)
	}
	if rec.op() != OpProcess || rec.aux == 0 || rec.has(flagSkip) {
		return nil, 0
	}
	if id == 0 {
		id = e.side.at(rec.aux).idHash
	}
	return rec, id
}
