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
		e.finishHop(r, rec, 0, nil)
		return
	}
	x := e.side.at(rec.aux)
	if rec.producer() {
		e.reviewProperty(r, rec)
		e.countProduced(rec, x)
	}
	if e.byParent(rec, x) || e.spans.at(x.edges).has(flagByID) {
		e.finishHop(r, rec, x.edges, e.edgeOrNil(x.edges))
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
	e.tally.count(&h, &out, rec.has(flagEvict))
	if out.propWhy == ReasonSilent || out.placeWhy == ReasonSilent {
		e.workloads[rec.res].blocked++
	}
	if h.up.class == colProbe && h.tag == envBase {
		return
	}
	first := er == 0 || edge.aux == 0 // the oldest link stands for the span
	if h.entry && first && !e.attempt(rec, &h) {
		e.tally.share(scope{'s', e.workloads[rec.res].service, 0}, rec.rate, h.tag, 1)
	}
	if h.kind != HopLocal && h.state == upSeen {
		e.countEdge(rec, edge, &h, &out)
	}
}

// attempt reports a later attempt of a message that was counted before.
func (e *Engine) attempt(rec *record, h *hop) bool {
	if !h.message() {
		return false
	}
	if h.state == upSeen && !h.upPassive {
		return !rec.has(flagTook) && h.upRef != 0 && e.spans.at(h.upRef).producer()
	}
	return h.evidence.again
}

func (e *Engine) countProduced(rec *record, x *aux) {
	n := 0
	for m := x.message; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		n++
	}
	n = max(n, int(x.batch), 1)
	e.tally.share(scope{'t', e.channels[x.channel].topic, 0}, rec.rate, rec.tag, float64(n))
}

func (e *Engine) countEdge(rec, edge *record, h *hop, out *ruling) {
	var from uint16
	switch {
	case h.upRef != 0:
		from = e.spans.at(h.upRef).res
	case edge != nil && edge.has(flagGone):
		_, from = edge.upper()
	case rec.has(flagGone):
		_, from = rec.upper()
	default:
		return
	}
	tag := h.tag
	if tag == envBase && h.up.class == colTag && out.prop != vEscape {
		tag = h.up.env
	}
	k := edgeKey{from: from, to: rec.res, kind: h.kind}
	if h.message() && rec.aux != 0 {
		k.topic = e.channels[e.side.at(rec.aux).channel].topic
	}
	found := out.found
	if out.effect != vNone {
		found = out.effect
	}
	e.tally.edge(k, tag, found)
	e.tally.share(scope{'e', e.workloads[from].service, e.workloads[rec.res].service}, rec.rate, h.tag, 1)
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
			e.expireMessages()
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
