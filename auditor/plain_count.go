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
	for i := range c {
		e.countInOrder(c, &c[i])
	}
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

// countInOrder counts a span that is in order, and leaves it closed.
func (e *Engine) countInOrder(c []chainLink, l *chainLink) {
	rec, look := l.rec, l.look
	k := edgeKey{from: unseen, to: rec.res}
	rec.parent, rec.deps = 0, 0
	if l.up == upNowhere {
		look |= lookRoot
	} else {
		up := &c[l.up]
		rec.parent, k.from = up.ref, up.rec.res
		k.kind, k.channel = e.kindInOrder(rec, k.from, look)
	}
	if look&(lookMessage|lookRoot) == lookMessage && !e.countOnce(rec, rec.parent) {
		look |= lookAgain
	}
	if rec.tag == envBase {
		rec.col = colour{class: colBaseline}
		if look&lookOrigin != 0 {
			rec.col.how = howOrigin
		}
	}
	prop, place, _ := look.ruling()
	rec.ruled = uint8(prop) | uint8(place)<<4
	if rec.producer() {
		e.noteProduced(l.ref, rec)
	}
	e.calm.add(&e.tally, newCalmHop(k, rec.tag, rec.rate, look))
	l.close()
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

// kindInOrder tells the edge by which a span of a trace is reached from another.
func (e *Engine) kindInOrder(rec *record, from uint16, k look) (kind kindID, channel uint16) {
	switch {
	case k&lookMessage != 0:
		return kindMessage, e.side.at(rec.aux).channel
	case k&lookCrosses != 0 || from != rec.res && !e.sameWorkload(from, rec.res):
		return kindRPC, 0
	}
	return kindLocal, 0
}
