package auditor

// ruleset is the policy of a hop: the version in force and, inside a grace
// period, the other one.
type ruleset struct{ now, other *rules }

// ruleset finds the policy for a time.
func (e *Engine) ruleset(at int64) ruleset {
	now, other := e.versions.at(at)
	return ruleset{now, other}
}

// rule applies the policy in force to a hop and, inside a grace period, the
// other version too: the milder ruling wins.
// The hop is valid until the next call of gather.
func (e *Engine) rule(r ref, rec *record, edge *record) (*hop, ruling) {
	s := e.ruleset(rec.start)
	h := &e.hop
	if len(e.versions) == 1 {
		e.gather(h, r, rec, edge, s.now)
		return h, judge(h)
	}
	e.gather(h, r, rec, edge, s.now)
	out := judge(h)
	for _, c := range e.alsoInForce(s, h) {
		e.gather(h, r, rec, edge, c)
		out = milder(out, judge(h))
	}
	e.gather(h, r, rec, edge, s.now)
	return h, out
}

// alsoInForce are the other versions that a hop may have been under: inside the
// grace period, and when its message was produced; all, where that is not known.
func (e *Engine) alsoInForce(s ruleset, h *hop) []*rules {
	var out []*rules
	if s.other != nil {
		out = append(out, s.other)
	}
	switch {
	case h.op != OpProcess:
	case h.upStart == 0:
		return e.versions
	default:
		now, other := e.versions.at(h.upStart)
		out = append(out, now)
		if other != nil {
			out = append(out, other)
		}
	}
	return out
}

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

// gather collects the facts of a hop for the rules: of a span's own hop, or of
// one link of it where an edge is given.
func (e *Engine) gather(h *hop, r ref, rec *record, edge *record, c *rules) {
	w := &e.workloads[rec.res]
	axis := e.axis(r, rec)
	flags := c.service(w.service, &e.services)
	*h = hop{
		op: rec.op(), span: rec.kind(), final: rec.has(flagFinal),
		tag: rec.tag, explicit: rec.has(flagTagged) && rec.tag == envBase,
		home: w.home, homeKnown: w.homeKnown, origin: flags.origin, neutral: flags.neutral,
		entry: rec.entry(), probe: rec.has(flagProbe),
	}
	if rec.tag == envBase {
		h.report = e.reports(w, rec.kind(), c, axis, rec.start)
	}
	var x *aux
	if rec.aux != 0 {
		x = e.side.at(rec.aux)
		e.gatherSide(h, rec, x, c)
	}
	e.gatherUpstream(h, rec, x, edge)
	h.root = h.state == upNone && !h.message()
	if h.root && h.home != envBase {
		h.detachOK = c.detachedOK(e.services.text(w.service), e.operations.text(rec.name))
	}
	if h.entry && h.homeKnown {
		if h.home == envBase {
			e.gatherTwin(h, rec, x, c, axis)
		} else if x != nil {
			group := e.groups.text(e.channels[x.channel].group)
			h.evidence.oneGroup = group != "" && !c.twinNamed(group, e.tags.show(h.home))
		}
	}
}

// gatherSide takes the readings and the evidence that stand beside the tag.
func (e *Engine) gatherSide(h *hop, rec *record, x *aux, c *rules) {
	h.prop, h.propSeen = x.prop, x.bits&auxProp != 0
	h.header, h.headers = x.header, x.bits&auxHeader != 0
	h.witness = x.witness
	h.sentMany = x.sentMany()
	if rec.op() == OpProcess {
		h.sentMany = x.bits&auxSentMany != 0
	}
	h.evidence = evidence{
		again: x.bits&auxAgain != 0, dead: x.bits&auxDead != 0,
		delayed: x.bits&auxDelayed != 0, broadcast: x.bits&auxBroadcast != 0,
	}
	if rec.op().Messaging() && len(c.policy.Neutral) > 0 {
		h.neutral = h.neutral || anyGlob(c.policy.Neutral, e.topics.text(e.channels[x.channel].topic))
	}
}

// gatherUpstream finds the upstream of the hop: for a process span its links,
// else the message id, else its parent.
func (e *Engine) gatherUpstream(h *hop, rec *record, x *aux, edge *record) {
	var p ref
	if x == nil || e.byParent(rec, x) {
		h.state, h.up, p = e.upstream(rec)
		h.links = 0
	} else {
		p = e.gatherLinks(h, rec, x, edge)
	}
	h.upPassive = h.up.how&howPassive != 0
	e.gatherKind(h, rec, p)
	switch {
	case p != 0:
		h.upRef = p
		up := e.spans.at(p)
		h.upStart = up.start
		if rec.op() == OpProcess && up.aux != 0 && up.producer() {
			u := e.side.at(up.aux)
			h.sentMany = u.sentMany()
			h.evidence.delayed = h.evidence.delayed || u.bits&auxDelayed != 0
		}
	case h.message() && x != nil && e.messages.alive(x.message):
		h.upStart = e.messages.at(x.message).start
	}
}

// sentMany reports a producer that sent several messages at once.
func (x *aux) sentMany() bool { return x.batch > 1 || x.bits&auxManyIDs != 0 }

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
// of that link by its own colour if the links differ.
func (e *Engine) gatherLinks(h *hop, rec *record, x *aux, edge *record) (p ref) {
	t := e.sum(x)
	h.linked = rec.op() != OpProcess
	h.links, h.allLinks = t.total, t.known == t.total && t.unknown == 0
	all := t.colour()
	byID := e.spans.at(x.edges).has(flagByID)
	short := x.bits&auxDropped != 0 || uint32(x.batch) > t.total && !byID
	switch {
	case t.known < t.total && !h.final:
		h.state = upOpen
	case byID && t.known < t.total:
		h.state, h.up = upMissing, colour{class: colUnknown}
	case short:
		h.state, h.up = upDropped, colour{class: colUnknown}
	case t.total == 1 && t.known == 0:
		h.state, h.up = upMissing, colour{class: colUnknown}
	case t.known < t.total || t.total > 1 && !all.known():
		h.state, h.up = upMixed, colour{class: colUnknown}
	default:
		h.state, h.up = upSeen, all
		if byID {
			e.doubtID(h, rec)
		}
	}
	if edge == nil {
		edge = e.spans.at(x.edges)
	} else if h.state == upMixed || h.state == upDropped {
		h.up = edge.col
	}
	if edge.met() {
		p = edge.parent
	}
	return p
}

// doubtID doubts a message id where the parent was not seen or is another
// producer's.
func (e *Engine) doubtID(h *hop, rec *record) {
	if rec.has(flagRoot) {
		return
	}
	if _, parent, _ := e.upstream(rec); parent.how&howPassive == 0 {
		h.up.how |= howDoubt
	}
}

// gatherKind tells local, RPC and message hops apart.
func (e *Engine) gatherKind(h *hop, rec *record, p ref) {
	h.kind = HopRPC
	switch {
	case rec.op() == OpProcess || rec.kind() == KindConsumer:
		h.kind = HopMessage
	case rec.kind() == KindServer || rec.remote() == RemoteYes:
	case p != 0:
		if e.workloads[e.spans.at(p).res].service == e.workloads[rec.res].service {
			h.kind = HopLocal
		}
	case rec.has(flagGone):
		if _, res := rec.upper(); e.workloads[res].service == e.workloads[rec.res].service {
			h.kind = HopLocal
		}
	default:
		h.kind = HopLocal
	}
	h.local = h.kind == HopLocal
}

// gatherTwin asks whether a twin could have taken this traffic, and what the
// policy says of it.
func (e *Engine) gatherTwin(h *hop, rec *record, x *aux, c *rules, axis int64) {
	env := h.traffic()
	if env == envBase || env == e.tags.other() {
		return
	}
	w, show := &e.workloads[rec.res], e.tags.show(env)
	h.forbid = c.policy.Fallback == FallbackForbid
	service := e.services.text(w.service)
	if !h.message() || x == nil {
		h.twin = e.serviceTwin(w.service, env).at(axis, rec.start, e.window.liveness)
		h.twinSure = c.declaredService(service, show)
		return
	}
	k := e.channels[x.channel]
	h.twin = e.channelTwin(x.channel, env).at(axis, rec.start, e.window.liveness)
	topic, group := e.topics.text(k.topic), e.groups.text(k.group)
	h.twinSure = c.declaredConsumer(topic, group, show)
	h.agreement = c.agreed(topic, group, show, rec.start)
	same := e.sightings[channelSight(x.channel, env)]
	h.evidence.oneGroup = k.group != 0 && same.at(axis, rec.start, e.window.liveness) != seenNever
}

// traffic is the tag that the hop's traffic may truly have, before any ruling.
func (h *hop) traffic() tagID {
	switch {
	case h.state == upMixed || h.state == upDropped:
		return h.up.env
	case h.tag != envBase:
		return h.tag
	case h.up.class == colTag || h.up.class == colLost:
		return h.up.env
	case h.prop != envBase:
		return h.prop
	}
	return h.witness
}
