package auditor

// countPlain closes a plain trace of which every span is in order at sight, as
// nearly all are, without asking the rules for each. It says what closeSpan would
// say, and false, with nothing changed, where one span needs the rules.
func (e *Engine) countPlain(c []chainLink) bool {
	if len(e.versions) > 1 || !rooted(c) {
		return false
	}
	for i := range c {
		l := &c[i]
		l.look = e.look(l.rec)
		switch {
		case l.look&lookInOrder == 0,
			l.look&lookMessage != 0 && attempted(e, c[:i], l),
			l.rec.tag != envBase && e.lacksProperty(l.ref, l.rec):
			return false
		}
	}
	e.countInOrder(c)
	return true
}

// rooted reports that every chain of upstreams ends inside of the trace.
func rooted(c []chainLink) bool {
	done := uint64(0) // maxPlain bits
	for i := range c {
		path := uint64(0)
		for j := uint8(i); j != upNowhere; j = c[j].up {
			if j == upAway {
				return false
			}
			bit := uint64(1) << (j % maxPlain)
			if (done|path)&bit != 0 {
				if path&bit != 0 {
					return false
				}
				break
			}
			path |= bit
		}
		done |= path
	}
	return true
}

// countInOrder counts spans that are in order, and leaves them closed.
func (e *Engine) countInOrder(c []chainLink) {
	for i := range c {
		l := &c[i]
		rec, look := l.rec, l.look
		from, channel := uint16(unseen), uint16(0)
		rec.parent, rec.deps = 0, 0
		if l.up == upNowhere {
			look |= lookRoot
		} else {
			up := &c[l.up]
			rec.parent, from = up.ref, up.rec.res
		}
		if rec.tag == envBase {
			rec.col = colour{class: colBaseline}
			if look&lookOrigin != 0 {
				rec.col.how = howOrigin
			}
		}
		if rec.op().Messaging() {
			channel, look = e.countMessage(l.ref, rec, look)
		}
		e.countAlike(newCalmHop(from, channel, rec, look))
		l.close()
	}
}

// countMessage counts what a message span is besides a hop. It returns the channel
// of its hop and how it looks now.
func (e *Engine) countMessage(r ref, rec *record, k look) (uint16, look) {
	if rec.producer() {
		e.noteProduced(r, rec)
	}
	if k&(lookMessage|lookRoot) != lookMessage {
		return 0, k
	}
	if !e.countOnce(rec, rec.parent) {
		k |= lookAgain
	}
	return e.side.at(rec.aux).channel, k
}

// noteProduced counts the message of a producer. Without property its tag may turn
// out to be missing there, until its window ends.
func (e *Engine) noteProduced(r ref, rec *record) {
	x := e.side.at(rec.aux)
	e.countProduced(rec, x)
	if rec.tag != envBase && x.prop != rec.tag {
		e.bare = append(e.bare, r)
	}
}

// heatBare takes the traces of closed producers that turned out to lack a property
// to the ordinary way, before their window ends.
func (e *Engine) heatBare() {
	later := e.bare[:0]
	for _, r := range e.bare {
		switch rec := e.spans.at(r); {
		case !e.spans.living.oldest(r):
			later = append(later, r)
		case rec.has(flagClosed) && e.lacksProperty(r, rec):
			e.heatRecord(r)
		}
	}
	e.bare = later
}

// lacksProperty reports a producer that shows a tag of which its message may lack the
// property: that is for ruleProperty.
func (e *Engine) lacksProperty(r ref, rec *record) bool {
	return rec.tag != envBase && rec.producer() && e.side.at(rec.aux).prop != rec.tag && e.captures(&e.workloads[rec.res], e.axis(r, rec))
}
