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
	open   map[string]*entry
	bySpan map[ref][]hopKey
	order  []string // ids in order of emission, for the limit
	limit  int
}

type entry struct {
	finding Finding
	told    ruling
}

func newLedger(limit int) ledger {
	return ledger{byHop: map[hopKey]*entry{}, open: map[string]*entry{}, bySpan: map[ref][]hopKey{}, limit: limit}
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
		n := &entry{finding: e.finding(k, rec, h, out), told: *out}
		n.finding.Revision = 1
		e.ledger.add(e, k, n)
		e.emit(n.finding)
	case out.found == vNone && old.finding.State == StateOpen:
		old.finding.Revision++
		old.finding.State, old.told = StateWithdrawn, *out
		delete(e.ledger.open, old.finding.ID)
		e.emit(old.finding)
	case out.found != vNone && old.told.differs(out):
		revision := old.finding.Revision + 1
		old.finding, old.told = e.finding(k, rec, h, out), *out
		old.finding.Revision = revision
		e.ledger.open[old.finding.ID] = old
		e.emit(old.finding)
	}
}

// differs reports whether two rulings tell different findings.
func (r *ruling) differs(o *ruling) bool {
	return r.found != o.found || r.proven != o.proven || r.effect != o.effect ||
		r.env != o.env || r.code != o.code || r.where != o.where || r.joined != o.joined
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
	}
	delete(l.bySpan, r)
}

// rekey moves what was told of a hop to its copy.
func (l *ledger) rekey(r, er, nr, ner ref) {
	for _, k := range l.bySpan[r] {
		n := l.byHop[k]
		if n == nil || k.edge != er || k.slot == slotProperty {
			continue
		}
		delete(l.byHop, k)
		k.span, k.edge = nr, ner
		l.byHop[k] = n
		l.bySpan[nr] = append(l.bySpan[nr], k)
	}
}
