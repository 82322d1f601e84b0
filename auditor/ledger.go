package auditor

// hopKey names a hop among the facts held: its span, the link where it is one of
// several, and the slot.
type hopKey struct {
	span, edge ref
	slot       slotKind
}

// ledger keeps the findings that are open: by hop while its facts are held, so
// that they can be upgraded, corrected and withdrawn, and by id for the report.
type ledger struct {
	byHop  map[hopKey]*entry
	peers  map[hopKey]Peer // as long as the upstream was held
	open   map[string]*entry
	bySpan map[ref][]hopKey
	order  []string // ids in order of emission, for the limit
	limit  int
}

type entry struct{ finding Finding }

func newLedger(limit int) ledger {
	return ledger{byHop: map[hopKey]*entry{}, open: map[string]*entry{}, bySpan: map[ref][]hopKey{}, peers: map[hopKey]Peer{}, limit: limit}
}

// tell compares a ruling with what was told of the hop before and emits only the
// difference.
func (e *Engine) tell(k hopKey, rec *record, h *hop, out *ruling) {
	var old *entry
	if rec.has(flagFound) {
		old = e.ledger.byHop[k]
	}
	switch {
	case old == nil && out.found == vNone:
	case old == nil:
		rec.set(flagFound)
		n := &entry{finding: e.finding(k, rec, h, out)}
		n.finding.Revision = 1
		if before := e.ledger.open[n.finding.ID]; before != nil {
			// A duplicate that came after the window: it knows less than the first did.
			n = before
		} else {
			e.emit(n.finding)
		}
		e.ledger.add(e, k, n)
	case out.found == vNone && old.finding.State == StateOpen:
		old.finding.Revision++
		old.finding.State = StateWithdrawn
		delete(e.ledger.open, old.finding.ID)
		e.emit(old.finding)
	case out.found != vNone:
		f := e.finding(k, rec, h, out)
		f.Revision = old.finding.Revision
		if f != old.finding {
			f.Revision++
			old.finding = f
			e.ledger.open[f.ID] = old
			e.emit(f)
		}
	}
}

// keepPeer remembers who is upstream of a hop that has, or may get, a finding,
// now that the upstream p expires before it. What a record keeps of its upstream
// does where that shows the tag itself.
func (e *Engine) keepPeer(d ref, dep *record, p ref) {
	if e.leaves(p, dep).how&howPassive != 0 {
		return
	}
	k, owner := e.hopOf(d, dep)
	if owner == nil {
		return
	}
	if owner.has(flagFound|flagHeld|flagWatch) || owner.handsOn() || e.spans.at(p).handsOn() {
		e.ledger.keepPeer(k, owner, e.peerAt(p))
	}
}

// hopOf is the hop that a dependent, a span or a link, stands for, and its span.
func (e *Engine) hopOf(d ref, dep *record) (k hopKey, owner *record) {
	k = hopKey{span: d, slot: dep.slot()}
	if !dep.has(flagEdge) {
		return k, dep
	}
	if !e.spans.alive(dep.deps) {
		return k, nil
	}
	k.span = dep.deps
	if !dep.has(flagByID) {
		k.edge, k.slot = d, slotLink
	}
	return k, e.spans.at(dep.deps)
}

func (l *ledger) keepPeer(k hopKey, owner *record, p Peer) {
	l.peers[k] = p
	l.bySpan[k.span] = append(l.bySpan[k.span], k)
	owner.set(flagKept)
}

func (e *Engine) emit(f Finding) {
	if e.sink != nil {
		e.sink(f)
	}
}

func (l *ledger) add(e *Engine, k hopKey, n *entry) {
	l.byHop[k] = n
	l.bySpan[k.span] = append(l.bySpan[k.span], k)
	l.open[n.finding.ID] = n
	if e.mode == Offline {
		return
	}
	l.order = append(l.order, n.finding.ID)
	for len(l.open) > l.limit && len(l.order) > 0 {
		delete(l.open, l.order[0])
		l.order = l.order[1:]
		e.tally.forgotten++
	}
}

// forget drops the hops of a span whose facts have expired; their findings stay
// as they are.
func (l *ledger) forget(r ref) {
	for _, k := range l.bySpan[r] {
		delete(l.byHop, k)
		delete(l.peers, k)
	}
	delete(l.bySpan, r)
}

// rekey moves what was told of a hop to its copy.
func (l *ledger) rekey(r, er, nr, ner ref) {
	for _, k := range l.bySpan[r] {
		if k.edge != er || k.slot == slotProperty {
			continue
		}
		to := hopKey{nr, ner, k.slot}
		if n := l.byHop[k]; n != nil {
			l.byHop[to] = n
		}
		if p, ok := l.peers[k]; ok {
			l.peers[to] = p
		}
		l.bySpan[nr] = append(l.bySpan[nr], to)
	}
}
