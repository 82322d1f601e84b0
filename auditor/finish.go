package auditor

// finish judges a span for the last time and counts it.
func (e *Engine) finish(r ref, rec *record) {
	if rec.has(flagMoved) {
		return // counted when its window ended
	}
	if rec.passive() {
		return
	}
	if rec.aux == 0 {
		if !e.finishPlain(rec) {
			e.finishHop(r, rec, 0, nil)
		}
		return
	}
	x := e.side.at(rec.aux)
	if rec.producer() {
		e.reviewProperty(r, rec)
		e.countProduced(rec, x)
	}
	if e.byParent(rec, x) {
		e.finishHop(r, rec, 0, nil)
		return
	}
	for er := x.edges; e.spans.alive(er); er = e.spans.at(er).aux {
		e.finishHop(r, rec, er, e.spans.at(er))
	}
}

func (e *Engine) finishHop(r ref, rec *record, er ref, edge *record) {
	if rec.has(flagProbe) {
		return
	}
	h, out := e.reviewHop(r, rec, er, edge)
	e.tally.count(&out, rec.has(flagEvict))
	if out.propWhy == whySilent || out.placeWhy == whySilent {
		e.workloads[rec.res].blocked++
	}
	if h.up.class == colProbe && h.tag == envBase {
		return
	}
	first := er == 0 || edge.aux == 0 // the oldest link stands for the span
	if h.entry && first && !e.attempt(rec, h) {
		e.tally.add(scope(&e.tally.services, e.workloads[rec.res].service), rec.rate, h.tag, 1)
	}
	if h.kind != HopLocal && h.state == upSeen {
		e.countEdge(rec, edge, h, &out)
	}
}

// finishPlain counts a call or local hop that was found in order when it was
// judged last; nothing that came since has touched it. It reports whether it was
// one.
func (e *Engine) finishPlain(rec *record) bool {
	prop, place := verdictID(rec.ruled&15), verdictID(rec.ruled>>4)
	if rec.ruled == 0 || prop != vOK || place.violation() || place == vUndecidable || rec.has(flagFound) || rec.kind() == KindConsumer {
		return false
	}
	out := ruling{prop: prop, place: place}
	e.tally.count(&out, false)
	to := &e.workloads[rec.res]
	if place != vNone {
		e.tally.add(scope(&e.tally.services, to.service), rec.rate, rec.tag, 1)
	}
	if !rec.met() && !rec.has(flagGone) {
		return true // an origin's hop is in order whoever called it
	}
	from, up := e.from(rec)
	if rec.kind() == KindServer || rec.remote() == RemoteYes || e.workloads[from].service != to.service {
		e.countOn(edgeKey{from: from, to: rec.res, kind: HopRPC}, rec, up, rec.tag, vNone)
	}
	return true
}

// from returns the upstream's workload and colour, of a record that has met it.
func (e *Engine) from(rec *record) (uint16, colour) {
	if rec.has(flagGone) {
		c, res := rec.upper()
		return res, c
	}
	p := e.spans.at(rec.parent)
	return p.res, p.col
}

// attempt reports a later attempt of a message that was counted before.
func (e *Engine) attempt(rec *record, h *hop) bool {
	switch {
	case !h.message():
		return false
	case h.state != upSeen || h.upPassive:
		return h.evidence.again
	case h.upRef != 0:
		return e.again(h.upRef, rec)
	}
	return rec.has(flagLater)
}

func (e *Engine) countProduced(rec *record, x *aux) {
	n := 0
	for m := x.message; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		n++
	}
	n = max(n, int(x.batch), 1)
	e.tally.add(scope(&e.tally.topics, e.channels[x.channel].topic), rec.rate, rec.tag, float64(n))
}

func (e *Engine) countEdge(rec, link *record, h *hop, out *ruling) {
	up := rec
	if link != nil {
		up = link
	}
	if !up.met() && !up.has(flagGone) {
		return
	}
	from, _ := e.from(up)
	k := edgeKey{from: from, to: rec.res, kind: h.kind}
	if h.message() && rec.aux != 0 {
		k.topic = e.channels[e.side.at(rec.aux).channel].topic
	}
	found, c := out.found, h.up
	if out.effect != vNone {
		found = out.effect
	}
	if out.prop == vEscape {
		c = colour{}
	}
	e.countOn(k, rec, c, h.tag, found)
}

// countOn counts a hop on its edge: by the tag that it showed, and by the one
// that it carried.
func (e *Engine) countOn(k edgeKey, rec *record, up colour, tag tagID, found verdictID) {
	w := &e.workloads[rec.res]
	if w.lastEdge == nil || w.lastKey != k {
		w.lastKey, w.lastEdge = k, e.tally.edge(k)
	}
	if w.lastEdge == nil {
		return
	}
	e.tally.add(&w.lastEdge.showed, rec.rate, tag, 1)
	if tag == envBase && up.class == colTag {
		tag = up.env
	}
	e.tally.add(&w.lastEdge.carried, rateNone, tag, 1)
	w.lastEdge.found[found]++
}

// Close decides everything that is still open. Offline findings come out here.
// Afterwards only the reading methods may be called.
func (e *Engine) Close() {
	if e.closed {
		return
	}
	if e.mode == Streaming {
		e.learned()
		e.answer()
		e.closed = true
		for e.spans.size() > 0 {
			e.expireSpans()
		}
		for len(e.messages.segs) > 0 {
			e.expireMessages(true)
		}
		return
	}
	e.closed = true
	spans := func(f func(ref, *record)) {
		e.spans.each(func(r ref, rec *record) {
			if !rec.has(flagEdge) {
				f(r, rec)
			}
		})
	}
	spans(func(r ref, _ *record) { e.settle(r) })
	e.spans.each(e.finalise)
	spans(func(r ref, rec *record) {
		if rec.col.class == colOpen {
			e.settle(r)
		}
	})
	spans(e.finish)
	e.closeMessages()
	e.countTraces()
}

// countTraces counts the distinct traces among the facts held.
func (e *Engine) countTraces() {
	seen := make(map[TraceID]struct{}, e.spans.size()/8)
	e.spans.each(func(_ ref, rec *record) {
		if !rec.has(flagEdge) {
			seen[rec.trace] = struct{}{}
		}
	})
	e.tally.traces = uint64(len(seen))
}
