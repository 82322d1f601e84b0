package auditor

// mark is where the side tables stood when a segment of spans began.
type mark struct{ side, tally ref }

// parts is into how many segments a window is cut: a fact lives for its window
// and at most one part longer.
const parts = 8

// Tick lets time pass to now: windows end, what only time decides is decided.
// Now never goes back; an earlier now is ignored. Offline it does nothing.
func (e *Engine) Tick(now int64) {
	if e.mode == Offline || e.closed || now <= e.now {
		return
	}
	if e.restarted && e.began == 0 {
		e.began = now
	}
	e.now = now
	e.learned()
	e.answer()
	for len(e.spans.segs) > 0 && e.spans.segs[0].last+e.window.pair <= now {
		e.expireSpans()
	}
	e.dueMessages()
	if n := len(e.spans.segs); n > 0 && e.spans.segs[n-1].arrival+e.window.pair/parts <= now {
		e.rotate()
	}
	if n := len(e.messages.segs); n > 0 && e.messages.segs[n-1].arrival+e.window.stranded/parts <= now {
		e.messages.rotate(now)
	}
	e.retire() // what was due is judged by the versions of its time
}

// learned judges again the spans of services that began to report tags.
func (e *Engine) learned() {
	if len(e.flipped) == 0 {
		return
	}
	e.spans.each(func(r ref, rec *record) {
		if !rec.has(flagEdge|flagPlain|flagClosed) && e.flipped[e.workloads[rec.res].service] {
			e.settle(r)
		}
	})
	clear(e.flipped)
}

// newRecord returns a cleared record for one more span or edge.
func (e *Engine) newRecord() ref {
	if e.expiring {
		return e.copyRecord()
	}
	if e.spans.full() {
		e.rotateFull()
	}
	return e.spans.alloc(e.now)
}

// rotateFull makes room for more records; at the limit the oldest segment goes
// before its time and coverage says so.
func (e *Engine) rotateFull() {
	if e.mode == Streaming && len(e.spans.segs)*segSize >= e.limits.MaxSpans {
		e.evicting = true
		e.tally.evicted += uint64(e.spans.segs[0].n)
		e.expireSpans()
		e.evicting = false
	}
	e.rotate()
}

// copyRecord makes room without pushing anything out.
func (e *Engine) copyRecord() ref {
	if e.spans.full() {
		e.rotate()
	}
	return e.spans.alloc(e.now)
}

func (e *Engine) rotate() {
	before := len(e.spans.segs)
	e.spans.rotate(e.now)
	if len(e.spans.segs) > before {
		e.marks = append(e.marks, mark{e.side.tail(), e.tallies.tail()})
	}
}

// expireSpans ends the window of the oldest segment: what is open becomes
// unknown, every hop is judged for the last time and counted, and what others
// need of it is copied.
func (e *Engine) expireSpans() {
	e.joinMessages()
	e.expiring = true
	defer func() { e.expiring = false }()
	if len(e.spans.segs) == 1 {
		e.rotate() // what moves on needs a place
	}
	e.closeOldest()
	e.heatBare()
	left, heated := e.leaveClosed(), e.heated
	visit := func(f func(ref, *record)) {
		for _, r := range left {
			f(r, e.spans.at(r))
		}
	}
	visit(e.finalise)
	visit(func(r ref, rec *record) {
		if !rec.has(flagEdge) && rec.col.class == colOpen {
			e.settle(r)
		}
	})
	visit(func(r ref, rec *record) {
		if !rec.has(flagEdge) {
			e.finish(r, rec)
		}
	})
	if e.heated > heated {
		left = e.leaveClosed() // more have dependents now
	}
	visit(e.unhook)
	e.spans.dropOldest()
	e.marks = e.marks[1:]
	if len(e.marks) > 0 {
		e.side.dropBefore(e.marks[0].side)
		e.tallies.dropBefore(e.marks[0].tally)
	}
}

// finalise marks a span and all its links: nothing more will arrive.
func (e *Engine) finalise(r ref, rec *record) {
	rec.set(flagFinal)
	if e.evicting {
		rec.set(flagEvict)
	}
	if rec.has(flagEdge) || rec.aux == 0 {
		return
	}
	if rec.has(flagWait) {
		e.checkID(r, rec) // the parent will not come: the id may tell
	}
	for er := e.side.at(rec.aux).edges; er != 0; er = e.spans.at(er).aux {
		edge := e.spans.at(er)
		edge.set(flagFinal)
		e.deliver(edge) // a linked span that is seen but open is unknown now
	}
}

// unhook leaves the dependents of an expired record what they need of it.
func (e *Engine) unhook(r ref, rec *record) {
	if rec.has(flagEdge) {
		return
	}
	if rec.has(flagMoved) {
		e.move(r, rec)
		e.forget(r, rec)
		return
	}
	if rec.producer() {
		for d := rec.deps; e.spans.alive(d); d = e.spans.at(d).next {
			e.keepAttempt(e.spans.at(d), r)
		}
	}
	sent := e.sent(rec)
	for d := rec.deps; e.spans.alive(d); {
		dep := e.spans.at(d)
		e.keepPeer(d, dep, r)
		if dep.has(flagLinked) && (rec.col.class == colTag || rec.col.class == colLost) {
			e.linkOf[d] = context{rec.trace, rec.span}
			dep.set(flagKept)
		}
		d = dep.next
		dep.keepUpper(e.leaves(r, dep), rec.res, e.keeps(rec))
		if sent != 0 {
			e.keepMessage(dep, sent)
		}
	}
	e.keepMessages(r, rec)
	e.move(r, rec)
	e.forget(r, rec)
}

// keepMessages leaves what a producer tells with its messages, if it is one, and
// makes them findable by context.
func (e *Engine) keepMessages(r ref, rec *record) {
	m := e.sent(rec)
	if !e.messages.alive(m) || e.messages.at(m).record == 0 { // kept already
		return
	}
	e.bySpan.insertLater(e.hash.span(&rec.trace, &rec.span), m)
	e.lastExpired = max(e.lastExpired, rec.start)
	for ; e.messages.alive(m); m = e.messages.at(m).next {
		msg := e.messages.at(m)
		msg.col, msg.told, msg.record = rec.col, e.keeps(rec), 0
		if rec.handsOn() {
			e.senders[m] = e.peerAt(r)
			msg.state |= msgKept
		}
	}
}

// forget drops what is kept beside a record.
func (e *Engine) forget(r ref, rec *record) {
	if !rec.has(flagKept | flagFound) {
		return
	}
	e.ledger.forget(r)
	delete(e.consumedIDs, r)
	delete(e.linkOf, r)
}

// keepAttempt notes, before its producer expires, that a consumption is a later
// attempt.
func (e *Engine) keepAttempt(dep *record, p ref) {
	if dep.has(flagEdge) {
		if !e.spans.alive(dep.deps) {
			return
		}
		dep = e.spans.at(dep.deps)
	}
	if e.again(p, dep) {
		dep.set(flagLater)
	}
}
