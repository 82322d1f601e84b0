package auditor

// review judges a span again after something about it changed, and tells the
// difference to what was told before.
func (e *Engine) review(r ref, rec *record) {
	if rec.passive() || rec.has(flagProbe) {
		return
	}
	if rec.aux != 0 {
		if rec.producer() {
			e.reviewProperty(r, rec)
		}
		if x := e.side.at(rec.aux); !e.byParent(rec, x) {
			for er := x.edges; e.spans.alive(er); er = e.spans.at(er).aux {
				e.reviewHop(r, rec, er, e.spans.at(er))
			}
			return
		}
	}
	e.reviewHop(r, rec, 0, nil)
}

// reviewHop judges one hop and tells what changed. It returns the hop and its
// ruling.
func (e *Engine) reviewHop(r ref, rec *record, er ref, edge *record) (*hop, ruling) {
	h, out := e.rule(r, rec, edge)
	e.conclude(r, rec, er, edge, h, &out)
	return h, out
}

// conclude tells a ruling and remembers it.
func (e *Engine) conclude(r ref, rec *record, er ref, edge *record, h *hop, out *ruling) {
	k := hopKey{span: r, slot: rec.slot()}
	if edge != nil && !edge.has(flagByID) {
		k.edge, k.slot = er, slotLink
	}
	if out.held {
		rec.set(flagHeld)
	}
	if out.found != vNone || rec.has(flagFound) {
		e.tell(k, rec, h, out)
	}
	if edge == nil {
		rec.ruled = uint8(out.prop) | uint8(out.place)<<4
	}
	if e.mode == Streaming && unsettled(h, out) {
		e.watch(r, rec, h)
	}
}

// reviewProperty judges the message's own property on the producer's span.
func (e *Engine) reviewProperty(r ref, rec *record) {
	if rec.tag == envBase {
		return
	}
	h, _ := e.rule(r, rec, nil)
	h.captured = e.captures(&e.workloads[rec.res], e.axis(r, rec))
	x := e.side.at(rec.aux)
	h.sentMany = x.batch > 1 || x.bits&auxManyIDs != 0
	out := ruleProperty(h)
	e.tell(hopKey{r, 0, slotProperty}, rec, h, &out)
}

// unsettled reports a placement that another sighting of the twin would change.
func unsettled(h *hop, out *ruling) bool {
	return out.place == vFallback || out.place == vLeak && !out.proven && h.twin == seenOneWay
}

// watch puts a hop on the list of the twin whose sighting it waits for.
func (e *Engine) watch(r ref, rec *record, h *hop) {
	if rec.has(flagWatch) {
		return
	}
	var t *twin
	if h.message() && rec.taking() {
		t = e.channelTwin(e.side.at(rec.aux).channel, h.traffic())
	} else {
		t = e.serviceTwin(e.workloads[rec.res].service, h.traffic())
	}
	rec.set(flagWatch)
	t.watchers = append(t.watchers, r)
}

// answer judges again the hops that waited for news of twins.
func (e *Engine) answer() {
	for len(e.dirty) > 0 {
		t := e.dirty[len(e.dirty)-1]
		e.dirty = e.dirty[:len(e.dirty)-1]
		t.dirty = false
		waiting := t.watchers
		t.watchers = nil
		for _, r := range waiting {
			if e.spans.alive(r) {
				rec := e.spans.at(r)
				rec.unset(flagWatch)
				e.review(r, rec)
			}
		}
	}
}
