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
		h.report = e.reports(w, rec.kind(), c, axis)
	}
	var x *aux
	if rec.aux != 0 {
		x = e.side.at(rec.aux)
		e.gatherSide(h, rec, x)
	}
	e.gatherUpstream(h, rec, x, edge)
	if x != nil && rec.op().Messaging() && len(c.policy.Neutral) > 0 {
		h.neutral = h.neutral || anyGlob(c.policy.Neutral, e.topicOf(h, x))
	}
	h.root = h.state == upNone && !h.message()
	h.blind = e.restarted && e.lost(h.message(), axis)
	if h.root && h.home != envBase {
		h.detachOK = c.detachedOK(e.services.text(w.service), e.operations.text(rec.name))
	}
	if h.entry && h.homeKnown {
		if h.home == envBase {
			e.gatherTwin(h, rec, x, c, axis)
		} else if x != nil && h.home != rec.tag {
			group := e.groups.text(e.channels[x.channel].group)
			h.evidence.oneGroup = group != "" && !c.twinNamed(group, e.tags.show(h.home))
		}
	}
}

// gatherSide takes the readings and the evidence that stand beside the tag.
func (e *Engine) gatherSide(h *hop, rec *record, x *aux) {
	h.prop, h.propSeen = x.prop, x.bits&auxProp != 0
	h.header, h.headers = x.header, x.bits&auxHeader != 0
	h.witness = x.witness
	h.sentMany = rec.op() != OpProcess && x.sentMany() // a consumer's producer tells
	h.evidence = evidence{
		again: x.bits&auxAgain != 0, dead: x.bits&auxDead != 0,
		delayed: x.bits&auxDelayed != 0, broadcast: x.bits&auxBroadcast != 0,
	}
}

// topicOf is the topic that a policy's rules go by: on the broker's own topics for
// retries the one that the message was sent to, if that is known.
func (e *Engine) topicOf(h *hop, x *aux) string {
	topic := e.topics.text(e.channels[x.channel].topic)
	if h.sentTo != 0 && retryTopic(topic) {
		return e.topics.text(h.sentTo)
	}
	return topic
}

// sentMany reports a producer that sent several messages at once.
func (x *aux) sentMany() bool { return x.batch > 1 || x.bits&auxManyIDs != 0 }

// doubtID doubts a message id where the parent was not seen or is another
// producer's, and where messages of different tags share it.
func (e *Engine) doubtID(h *hop, rec *record, id uint64) {
	if m := e.messageByID(id); m != 0 && e.messages.at(m).state&msgDisputed != 0 {
		h.up.how |= howDoubt
	}
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
		if e.sameWorkload(e.spans.at(p).res, rec.res) {
			h.kind = HopLocal
		}
	case rec.has(flagGone):
		if _, res := rec.upper(); e.sameWorkload(res, rec.res) {
			h.kind = HopLocal
		}
	default:
		h.kind = HopLocal
	}
	h.local = h.kind == HopLocal
}

// sameWorkload reports two resources of one service that are not known to have
// different homes.
func (e *Engine) sameWorkload(a, b uint16) bool {
	v, w := &e.workloads[a], &e.workloads[b]
	return v.service == w.service && (v.home == w.home || !v.homeKnown || !w.homeKnown)
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
	if !h.message() || !rec.taking() {
		h.twin = e.serviceTwin(w.service, env).at(axis, rec.start, e.window.liveness)
		h.twinSure = c.declaredService(service, show)
		return
	}
	k := e.channels[x.channel]
	h.twin = e.channelTwin(x.channel, env).at(axis, rec.start, e.window.liveness)
	own, topic, group := e.topics.text(k.topic), e.topicOf(h, x), e.groups.text(k.group)
	declared := c.declaredConsumer(own, group, show)
	if declared != seenAround && own != topic {
		declared = c.declaredConsumer(topic, group, show)
	}
	h.twin, h.twinSure = max(h.twin, declared), declared == seenAround
	h.agreement = c.agreed(topic, group, show, rec.start)
	same := e.sightings[channelSight(x.channel, env)]
	h.evidence.oneGroup = k.group != 0 && same.near(axis, e.window.liveness)
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
