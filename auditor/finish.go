package auditor

// finish judges a span for the last time and counts it.
func (e *Engine) finish(r ref, rec *record) {
	if rec.has(flagCounted) && rec.producer() {
		e.reviewProperty(r, rec) // what shows that it may lack one can come later
	}
	if rec.has(flagMoved | flagCounted) {
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
	e.countHop(rec, edge, h, &out, er == 0 || edge.aux == 0) // the oldest link stands for the span
}

// countHop counts a hop that was judged for the last time, and its span as
// traffic where it is the first of the span's.
func (e *Engine) countHop(rec, edge *record, h *hop, out *ruling, first bool) {
	if rec.has(flagProbe) {
		return
	}
	e.tally.count(out, rec.has(flagEvict), 1)
	if out.propWhy == whySilent || out.placeWhy == whySilent {
		e.workloads[rec.res].blocked++
	}
	if h.up.class == colProbe && h.tag == envBase {
		return
	}
	if h.entry && first && !e.attempt(rec, h) && (h.state != upSeen || e.countOnce(rec, h.upRef)) {
		e.tally.add(e.tally.entriesOf(rec.res), rec.rate, h.tag, 1)
	}
	e.countEdge(rec, edge, h, out)
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
	e.tally.count(&out, false, 1)
	if place != vNone {
		e.tally.add(e.tally.entriesOf(rec.res), rec.rate, rec.tag, 1)
	}
	k := edgeKey{from: unseen, to: rec.res}
	class := hopClass{carried: rec.tag, shown: rec.tag, verdict: out.verdict(), hop: true}
	if rec.met() || rec.has(flagGone) { // else an origin's hop, in order whoever called it
		var up colour
		k.from, up = e.from(rec)
		class.carried = carried(rec.tag, up)
	}
	if rec.kind() == KindServer || rec.remote() == RemoteYes || k.from != unseen && !e.sameWorkload(k.from, rec.res) {
		k.kind = kindRPC
	}
	class.env = class.carried
	e.countOn(k, rec, class)
	return true
}

// carried is the tag that came across a hop: the one shown, or upstream's.
func carried(shown tagID, up colour) tagID {
	if shown == envBase && up.class == colTag {
		return up.env
	}
	return shown
}

// verdict is the one by which a hop is counted.
func (r *ruling) verdict() verdictID {
	switch {
	case r.found != vNone:
		return r.found
	case r.prop == vUndecidable:
		return vUndecidable
	case r.place == vFallback || r.place == vShared:
		return r.place
	}
	return vOK
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
	n := 1
	if x.bits&auxManyIDs != 0 {
		n = e.messagesOf(x)
	}
	n = max(n, int(x.batch))
	e.tally.add(e.tally.producedBy(rec.res, e.channels[x.channel].topic), rec.rate, rec.tag, uint64(n))
}

func (e *Engine) messagesOf(x *aux) (n int) {
	for m := x.message; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		n++
	}
	return n
}

// countEdge counts a judged hop on its edge. Roots without upstream have none.
func (e *Engine) countEdge(rec, link *record, h *hop, out *ruling) {
	if out.prop == vNone && h.state != upSeen {
		return
	}
	k := edgeKey{from: e.upstreamOf(rec, link, h), to: rec.res, kind: kindOf(h.kind)}
	if k.from == unseen && out.root {
		return
	}
	if h.message() && rec.aux != 0 {
		k.channel = e.side.at(rec.aux).channel
	}
	class := hopClass{shown: h.tag, verdict: out.verdict(), found: out.found, hop: out.prop != vNone && !out.root}
	if out.effect != vNone {
		class.found = out.effect
	}
	class.carried = carried(h.tag, h.up)
	class.env = class.carried
	if out.prop == vEscape {
		class.carried = h.tag
	}
	if out.found != vNone {
		class.env = out.env
	}
	e.countOn(k, rec, class)
}

// upstreamOf is the workload that a hop comes from.
func (e *Engine) upstreamOf(rec, link *record, h *hop) uint16 {
	if link != nil {
		rec = link
	}
	if h.state != upSeen || !rec.met() && !rec.has(flagGone) {
		return unseen
	}
	from, _ := e.from(rec)
	return from
}

func (e *Engine) countOn(k edgeKey, rec *record, class hopClass) {
	last := &e.workloads[rec.res].lastEdge[min(k.kind, kindRPC)]
	if last.edge == nil || last.key != k {
		last.key, last.edge = k, e.tally.edge(k)
	}
	e.tally.hop(last.edge, rec.rate, class, 1)
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
		e.expireMessages(len(e.messages.segs), true)
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
