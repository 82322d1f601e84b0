package auditor

// Add takes the facts of one span that arrived at now (nanoseconds since the
// Unix epoch; Offline ignores it). Duplicates of a span are one span; spans
// without a trace or span id are counted and left out.
func (e *Engine) Add(now int64, s *Span) {
	if e.closed {
		return
	}
	if s.TraceID.IsZero() || s.SpanID.IsZero() {
		e.tally.invalid++
		return
	}
	if now > e.now {
		e.Tick(now)
	}
	of := e.hash.trace(&s.TraceID)
	if e.mode == Offline || e.allHot {
		e.addHot(nil, of, s)
		return
	}
	if e.spans.full() {
		e.rotateFull()
	}
	if t := e.plains.get(of); !e.addPlain(t, s) {
		e.addHot(t, of, s)
	}
}

// addHot takes a span the ordinary way: it is indexed, joined and judged at once.
// Its trace t, when streaming, is plain no more.
func (e *Engine) addHot(t *plainTrace, of traceHash, s *Span) {
	e.known.warm(of.span(&s.ParentID))
	h := of.span(&s.SpanID)
	known, waiting := e.lookup(h, &s.TraceID, &s.SpanID)
	if known != 0 || e.expired(h, s) {
		e.duplicate(known, s)
		return
	}
	r := e.newRecord()
	if t != nil {
		t.head, t.state = r, traceHot
	}
	rec := e.spans.at(r)
	e.fill(rec, s)
	axis := e.axis(r, rec)
	e.observe(&e.workloads[rec.res], rec, s, axis)
	if waiting != 0 {
		e.known.replace(h, waiting, r)
	} else {
		e.known.insert(h, r)
	}
	e.attach(r, rec, s, axis)
	if waiting != 0 {
		e.adopt(waiting, r, rec)
	}
	if e.mode == Streaming {
		e.settle(r)
	}
}

// duplicate counts a span that is there already as known, 0 where only its message
// is. Another span under the same id is left out too, and told.
func (e *Engine) duplicate(known ref, s *Span) {
	e.tally.duplicates++
	if known == 0 {
		return
	}
	if rec := e.spans.at(known); rec.kind() != s.Kind && s.Kind <= KindConsumer || rec.start != s.Start {
		e.tally.conflicts++
	}
}

// lookup finds the record of a span or, where it was not seen, the newest record
// that waits for it; one index serves both.
func (e *Engine) lookup(h uint64, t *TraceID, s *SpanID) (known, waiting ref) {
	p := e.known.probe(h)
	for r := p.next(); r != 0; r = p.next() {
		rec := e.spans.at(r)
		if rec.span == *s && rec.trace == *t && !rec.has(flagEdge) {
			return r, 0
		}
		if rec.has(flagWait) && !rec.has(flagByID) && rec.parent == ref(h>>32) {
			waiting = r
		}
	}
	return 0, waiting
}

// fill copies the facts of the span itself.
func (e *Engine) fill(rec *record, s *Span) {
	rec.trace, rec.span, rec.start = s.TraceID, s.SpanID, s.Start
	rec.flags |= flagsOf(s)
	if int(s.Resource) < len(e.workloads) {
		rec.res = uint16(s.Resource)
	}
	rec.name = e.operations.id(s.Name)
	if s.Tag.Present {
		rec.set(flagTagged)
		rec.tag = e.tags.env(s.Tag.Value)
	}
	if (s.Kind == KindServer || s.Kind == KindClient && rec.has(flagRoot)) && e.ignored(s) {
		rec.set(flagProbe)
	}
	rec.rate = e.tally.rate(s)
	e.tally.spans++
	if s.End != 0 && s.End < e.now-e.window.pair {
		e.tally.late++
	}
	e.latest = max(e.latest, s.Start)
}

// flagsOf packs what is small, and leaves out what is out of range.
func flagsOf(s *Span) (f flags) {
	if s.Kind <= KindConsumer {
		f = flags(s.Kind)
	}
	if s.Op <= OpSettle {
		f |= flags(s.Op) << shiftOp
	}
	if s.Remote <= RemoteYes {
		f |= flags(s.Remote) << shiftRem
	}
	if s.ParentID.IsZero() {
		f |= flagRoot
	}
	if s.Op == OpProcess && s.Message.Skipped {
		f |= flagSkip
	}
	return f
}

// observe learns from the span: who is alive, and who reports tags.
func (e *Engine) observe(w *workload, rec *record, s *Span, axis int64) {
	e.sight(w.alive, axis, rec.start)
	if !rec.has(flagTagged) {
		return
	}
	e.learn(w, &w.tags.kinds[rec.kind()], axis, rec.start)
	if rec.tag != envBase && rec.producer() && s.Message.Property.Present && e.tags.env(s.Message.Property.Value) != envBase {
		e.learn(w, &w.tags.property, axis, rec.start)
	}
}

// learn notes evidence of reporting; where it is news, spans that were judged
// without it are judged again at the next tick.
func (e *Engine) learn(w *workload, s *sighting, axis, start int64) {
	if s.see(axis, start, e.window.liveness) && e.mode == Streaming {
		e.flipped[w.service] = true
	}
}

// attach keeps the side facts and joins the span to its upstream.
func (e *Engine) attach(r ref, rec *record, s *Span, axis int64) {
	linked := len(s.Links) > 0 && (rec.op() == OpProcess || rec.has(flagRoot) && rec.kind() == KindServer)
	if rec.op().Messaging() || linked || s.Header.Present || s.Witness != "" && rec.tag == envBase {
		rec.aux = e.side.alloc(axis)
		e.fillAux(r, rec, s, axis)
	}
	switch {
	case linked && plainLink(rec, s):
		e.linkPlain(r, rec, s)
	case linked:
		e.link(r, rec, s)
	case rec.passive():
	case !rec.has(flagRoot):
		e.join(r, rec, &rec.trace, &s.ParentID)
		if !rec.has(flagWait) {
			e.checkID(r, rec)
		}
	case rec.op() == OpProcess:
		e.linkByID(r, rec)
	}
}

func (e *Engine) fillAux(r ref, rec *record, s *Span, axis int64) {
	x := e.side.at(rec.aux)
	if s.Witness != "" {
		x.witness = e.tags.env(s.Witness)
	}
	if s.Header.Present {
		x.bits |= auxHeader
		x.header = e.tags.env(s.Header.Value)
	}
	if s.DroppedLinks > 0 {
		x.bits |= auxDropped
	}
	if !rec.op().Messaging() {
		return
	}
	m := &s.Message
	w := &e.workloads[rec.res]
	c := e.channel(m, w)
	x.channel, x.batch = c.id, uint16(min(max(m.Batch, 0), 1<<16-1))
	if m.Property.Present {
		x.bits |= auxProp
		x.prop = e.tags.env(m.Property.Value)
	}
	for _, f := range [...]struct {
		on  bool
		bit auxBits
	}{{m.Broadcast, auxBroadcast}, {m.Redelivered, auxAgain}, {m.DeadLetter, auxDead}, {m.Delay > 0, auxDelayed}} {
		if f.on {
			x.bits |= f.bit
		}
	}
	if (rec.op() == OpProcess || rec.op() == OpReceive) && w.homeKnown && !rec.has(flagSkip) {
		e.sightConsumer(w, x.channel, axis, rec.start)
	}
	e.sightTaking(w, rec, x.channel, s)
	if rec.op() == OpProcess && m.ID != "" {
		e.keepConsumedID(r, rec, x, m, c)
	}
	e.produce(r, rec, x, s, c, axis)
}

// keepConsumedID keeps the hash of a consumer's message id and, where a finding
// may show it, the text.
func (e *Engine) keepConsumedID(r ref, rec *record, x *aux, m *Message, c *lastChannel) {
	if e.uniqueIDs(m) {
		x.idHash = andWord(c.ids, m.ID)
	}
	if rec.tag != e.workloads[rec.res].home {
		e.consumedIDs[r] = keepID(m.ID)
		rec.set(flagKept)
	}
}
