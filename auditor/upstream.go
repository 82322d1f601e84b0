package auditor

// upstream returns what is known of the upstream of a record: state, colour and
// the record, 0 where it is not held.
func (e *Engine) upstream(rec *record) (upState, colour, ref) {
	final := rec.has(flagFinal)
	if rec.has(flagGone) {
		c, _ := rec.upper()
		if c.class == colOpen {
			c.class = colUnknown
		}
		return upSeen, c, 0
	}
	if !rec.met() {
		switch {
		case rec.has(flagRoot) && !rec.has(flagLinked):
			return upNone, colour{class: colUnknown}, 0
		case final:
			return upMissing, colour{class: colUnknown}, 0
		}
		return upOpen, colour{}, 0
	}
	c := e.leaves(rec.parent, rec)
	if c.class == colOpen {
		if !final {
			return upOpen, c, rec.parent
		}
		c.class = colUnknown
	}
	return upSeen, c, rec.parent
}

// leaves is the colour that a record hands to one of its dependents. Receive and
// settle spans are never upstream, and of a process span only a producer is.
func (e *Engine) leaves(p ref, dep *record) colour {
	up := e.spans.at(p)
	if up.passive() || dep.op() == OpProcess && !dep.has(flagEdge|flagLinked) && !up.sends() {
		return colour{class: colUnknown, how: howPassive}
	}
	return up.col
}

// keeps is what is kept of an upstream besides its colour when it expires.
func (e *Engine) keeps(up *record) (k kept) {
	if up.aux == 0 || !up.calls() {
		return 0
	}
	x := e.side.at(up.aux)
	if x.carries(up.tag) {
		k |= keptCarried
	}
	if up.producer() && x.sentMany() {
		k |= keptMany
	}
	if up.producer() && x.bits&auxDelayed != 0 {
		k |= keptDelayed
	}
	return k
}

// told is what is known of what a dependent's upstream sent: p while it is held.
func (e *Engine) told(dep *record, p ref) kept {
	if p != 0 {
		return e.keeps(e.spans.at(p))
	}
	return dep.keeps()
}

// carries reports that a captured header or property shows the tag.
func (x *aux) carries(tag tagID) bool {
	return tag != envBase && (x.bits&auxHeader != 0 && x.header == tag || x.bits&auxProp != 0 && x.prop == tag)
}

// gatherUpstream finds the upstream of the hop: for a process span its links,
// else the message id, else its parent.
func (e *Engine) gatherUpstream(h *hop, rec *record, x *aux, edge *record) {
	var p ref
	from := rec
	if x == nil || e.byParent(rec, x) {
		h.state, h.up, p = e.upstream(rec)
		h.links = 0
		if x != nil && x.edges != 0 {
			h.up.how |= howDoubt // its message id is not known to be of what the parent sent
		}
	} else {
		from, p = e.gatherLinks(h, rec, x, edge)
	}
	h.upPassive = h.up.how&howPassive != 0
	e.gatherKind(h, rec, p)
	k := e.told(from, p)
	if p != 0 {
		up := e.spans.at(p)
		h.upRef = p
		if up.producer() {
			h.upStart = up.start
			if up.aux != 0 {
				h.sentTo = e.channels[e.side.at(up.aux).channel].topic
			}
		}
	}
	h.upCarried = k&keptCarried != 0
	if rec.op() == OpProcess {
		h.sentMany = k&keptMany != 0
		h.evidence.delayed = h.evidence.delayed || k&keptDelayed != 0
	}
	if p == 0 && h.message() && x != nil {
		if m := e.sentBefore(h, x, from); e.messages.alive(m) {
			msg := e.messages.at(m)
			h.upStart, h.sentTo = msg.start, e.channels[msg.channel].topic
		}
	}
}

// sentBefore is the message of a hop whose producer has expired. Of several links
// each has its own.
func (e *Engine) sentBefore(h *hop, x *aux, from *record) ref {
	if h.links < 2 {
		return x.message
	}
	return e.messageBySpan(e.hash.span(&from.trace, &from.span), &from.trace)
}

// byParent reports a span whose upstream is its parent: it has no links, and its
// message id, if any, names no message that was seen.
func (e *Engine) byParent(rec *record, x *aux) bool {
	if x.edges == 0 {
		return true
	}
	edge := e.spans.at(x.edges)
	if !edge.has(flagByID) || edge.met() || edge.has(flagGone) || rec.has(flagRoot) {
		return false
	}
	_, c, _ := e.upstream(rec)
	return c.how&howPassive == 0
}

// gatherLinks judges the span by all its links and, where one is given, the hop
// of that link by its own colour if the links differ. It returns the link that the
// hop came by, and its upstream while that is held.
func (e *Engine) gatherLinks(h *hop, rec *record, x *aux, edge *record) (from *record, p ref) {
	t, byID := e.sum(x), e.spans.at(x.edges).has(flagByID)
	h.linked = rec.op() != OpProcess
	h.links, h.allLinks = t.total, t.known == t.total && t.unknown == 0 && !t.doubted()
	h.state, h.up = t.state(byID, x.bits&auxDropped != 0 || uint32(x.batch) > t.total && !byID, h.final)
	if h.state == upSeen && byID {
		e.doubtID(h, rec, uint64(e.spans.at(x.edges).start))
	}
	if edge == nil {
		edge = e.spans.at(x.edges)
	} else if h.state == upMixed || h.state == upDropped {
		h.up = edge.col
	}
	if edge.met() {
		p = edge.parent
	}
	return edge, p
}

// state is what the links of a span tell together, and their colour: byID says that
// a message id stands for the only one, short that some are missing.
func (t *linkTally) state(byID, short, final bool) (upState, colour) {
	unknown := colour{class: colUnknown}
	all := t.colour()
	switch {
	case t.known < t.total && !final:
		return upOpen, colour{}
	case byID && t.known < t.total:
		return upMissing, unknown
	case short:
		return upDropped, unknown
	case t.total == 1 && t.known == 0:
		return upMissing, unknown
	case t.known < t.total || t.total > 1 && !all.known():
		return upMixed, unknown
	}
	return upSeen, all
}
