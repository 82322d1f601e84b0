package auditor

// A hop whose placement another sighting of a twin would change outlives the
// pair window: a copy of its facts moves on until the liveness window ends. The
// copy has no dependents; its deps field holds when the span arrived.

const millisecond = 1_000_000

// movedFrom returns when a moved record arrived.
func (e *Engine) movedFrom(rec *record) int64 {
	ago := uint32(e.now/millisecond) - uint32(rec.deps)
	return e.now - int64(ago)*millisecond
}

// move copies the hops of an expiring span that still wait for a twin.
func (e *Engine) move(r ref, rec *record) {
	if e.mode == Offline || e.closed || rec.has(flagEvict) || !rec.has(flagWatch) {
		return
	}
	arrived := e.axis(r, rec)
	if arrived+e.window.liveness <= e.now {
		return
	}
	if rec.aux == 0 || e.byParent(rec, e.side.at(rec.aux)) {
		e.moveHop(r, rec, 0, arrived)
		return
	}
	for er := e.side.at(rec.aux).edges; e.spans.alive(er); er = e.spans.at(er).aux {
		if h, out := e.rule(r, rec, e.spans.at(er)); unsettled(h, &out) {
			e.moveHop(r, rec, er, arrived)
		}
	}
}

func (e *Engine) moveHop(r ref, rec *record, er ref, arrived int64) {
	h, out := e.rule(r, rec, e.edgeOrNil(er))
	if !unsettled(h, &out) {
		return
	}
	nr := e.copyRecord()
	moved := e.spans.at(nr)
	*moved = *rec
	moved.deps = ref(uint32(arrived / millisecond))
	moved.set(flagMoved | flagFinal)
	moved.unset(flagWait | flagWatch | flagQueued)
	if (!moved.has(flagRoot) || moved.has(flagLinked)) && !moved.has(flagGone) {
		e.cutUpper(moved, rec)
	}
	if rec.aux != 0 {
		moved.aux = e.side.alloc(e.now)
		*e.side.at(moved.aux) = *e.side.at(rec.aux)
		e.moveTally(e.side.at(moved.aux))
	}
	if id, ok := e.consumedIDs[r]; ok {
		e.consumedIDs[nr] = id
	}
	if c, ok := e.linkOf[r]; ok {
		e.linkOf[nr] = c
	}
	ner := e.moveEdge(er, nr, moved)
	if er != 0 && e.spans.at(er).has(flagByID) {
		er, ner = 0, 0 // its hop is the span's own
	}
	e.ledger.rekey(r, er, nr, ner)
	e.watch(nr, moved, h)
}

func (e *Engine) edgeOrNil(er ref) *record {
	if er == 0 {
		return nil
	}
	return e.spans.at(er)
}

// moveEdge copies the one link that the moved hop is about.
func (e *Engine) moveEdge(er, owner ref, moved *record) ref {
	if moved.aux == 0 {
		return 0
	}
	x := e.side.at(moved.aux)
	if er == 0 {
		x.edges = 0
		return 0
	}
	edge := e.spans.at(er)
	ner := e.copyRecord()
	n := e.spans.at(ner)
	*n = *edge
	n.deps, n.aux = owner, 0
	n.unset(flagWait | flagQueued)
	if !n.has(flagGone) {
		e.cutUpper(n, edge)
	}
	x.edges = ner
	return ner
}

// cutUpper makes a copy independent of an upstream that may be held or missing.
func (e *Engine) cutUpper(copied, original *record) {
	if !original.met() {
		copied.parent, copied.next = 0, 0
		return
	}
	up := e.spans.at(original.parent)
	copied.keepUpper(e.leaves(original.parent, original), up.res, e.keeps(up))
}

// moveTally copies the sum over the links: the copy is still one of a batch.
func (e *Engine) moveTally(x *aux) {
	if x.tally != 0 {
		t := *e.tallies.at(x.tally)
		x.tally = e.tallies.alloc(e.now)
		*e.tallies.at(x.tally) = t
	}
}
