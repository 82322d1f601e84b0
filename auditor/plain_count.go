package auditor

// countPlain closes a plain trace of which every span is in order at sight, as
// nearly all are, without asking the rules for each. It says what closeSpan would
// say, and false, with nothing changed, where one span needs the rules.
func (e *Engine) countPlain(c []chainLink) bool {
	if len(e.versions) > 1 || !rooted(c) {
		return false
	}
	for i := range c {
		if !e.inOrder(c, &c[i]) {
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
	var done uint64 // maxPlain bits
	for i := range c {
		path := uint64(0)
		for j := i; j != upNowhere; j = c[j].up {
			if j == upAway || path>>j&1 != 0 {
				return false
			}
			if done>>j&1 != 0 {
				break
			}
			path |= 1 << j
		}
		done |= path
	}
	return true
}

// inOrder reports a span that no rule can find anything in: it and its upstream show
// the baseline at workloads that would show a tag. A consumer has met its producer.
func (e *Engine) inOrder(c []chainLink, l *chainLink) bool {
	rec := l.rec
	if l.closed || rec.passive() || rec.has(flagProbe) || attempted(e, c, l) || rec.kind() == KindConsumer && rec.op() != OpProcess {
		return false
	}
	w := &e.workloads[rec.res]
	return w.homeKnown && e.reports(w, rec.kind(), e.rules, e.axis(l.ref, rec)) == reportSame
}

// countInOrder counts a span that is in order, and leaves it closed.
func (e *Engine) countInOrder(c []chainLink, l *chainLink) {
	rec := l.rec
	h := calmHop{from: unseen, to: rec.res, rate: rec.rate, root: l.up == upNowhere, entry: rec.entry()}
	h.origin = e.rules.service(e.workloads[rec.res].service, &e.services).origin
	rec.col = colour{class: colBaseline}
	if h.origin {
		rec.col.how = howOrigin
	}
	rec.parent, rec.deps = 0, 0
	if !h.root {
		up := &c[l.up]
		rec.parent, h.from = up.ref, up.rec.res
		h.kind, h.channel = e.kindInOrder(rec, up.rec)
	}
	h.counts = h.entry && (h.root || e.countOnce(rec, rec.parent))
	out := h.ruling()
	rec.ruled = uint8(out.prop) | uint8(out.place)<<4
	if rec.producer() {
		e.countProduced(rec, e.side.at(rec.aux))
	}
	e.calm.add(&e.tally, h)
	rec.unset(flagPlain)
	rec.set(flagClosed)
	l.closed = true
}

// kindInOrder tells the edge from one span of a trace to the next.
func (e *Engine) kindInOrder(rec, up *record) (kind kindID, channel uint16) {
	switch {
	case rec.op() == OpProcess:
		return kindMessage, e.side.at(rec.aux).channel
	case rec.kind() == KindServer || rec.remote() == RemoteYes || !e.sameWorkload(up.res, rec.res):
		return kindRPC, 0
	}
	return kindLocal, 0
}
