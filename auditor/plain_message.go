package auditor

// plainMessage reports a message span whose other half, if it is another span's,
// belongs to its own trace as far as can be told now.
func (e *Engine) plainMessage(t *plainTrace, s *Span) bool {
	m := &s.Message
	if e.differs(m.Property, t.env) || m.Skipped || m.Batch > 1 || s.DroppedLinks > 0 {
		return false
	}
	switch {
	case s.Op == OpProcess:
		return e.plainConsumer(t, s)
	case len(s.Links) > 0 && s.Kind == KindServer:
		return false
	case s.Kind == KindProducer && t.env != envBase && !m.Property.Present && e.captures(&e.workloads[s.Resource], e.now):
		return false // the property may be missing
	case s.Kind != KindProducer || m.ID == "":
		return true
	}
	_, more := cutComma(m.ID)
	return more == "" && !(e.byIDWait.filled && e.uniqueIDs(m) && e.waitingByID(e.hash.words(m.System, m.Destination, m.ID)) != 0)
}

func (e *Engine) plainConsumer(t *plainTrace, s *Span) bool {
	up := s.ParentID
	if len(s.Links) > 0 {
		l := &s.Links[0]
		if len(s.Links) > 1 || l.TraceID != s.TraceID || l.Tag.Present {
			return false
		}
		up = l.SpanID
	}
	return !up.IsZero()
}

// plainSides notes who took which message, of a message span. It reports whether
// the trace can stay plain.
func (e *Engine) plainSides(t *plainTrace, r ref, rec *record, s *Span) bool {
	ok := rec.op() != OpProcess || e.plainTake(t, r, rec, s)
	e.side.at(rec.aux).edges, t.sides = t.sides, r
	return ok
}

// inSides finds a span among the message spans of a chain, 0 if it is not there.
func (e *Engine) inSides(sides ref, id SpanID) ref {
	for r := sides; e.spans.alive(r); r = e.side.at(e.spans.at(r).aux).edges {
		if e.spans.at(r).span == id {
			return r
		}
	}
	return 0
}

// seek notes the hash of a span that a consumer asks for.
func (t *plainTrace) seek(h uint64) { t.asked |= 1 << (h >> 59) }

func (t *plainTrace) maySeek(h uint64) bool { return t.asked&(1<<(h>>59)) != 0 }

// plainTake lets a consumer take the message of its producer, or wait for it.
func (e *Engine) plainTake(t *plainTrace, r ref, rec *record, s *Span) bool {
	x := e.side.at(rec.aux)
	if rec.has(flagLinked) && x.idHash == 0 && s.Links[0].MessageID != "" {
		x.idHash = e.hash.words(s.Message.System, s.Message.Destination, s.Links[0].MessageID)
	}
	up := *upstreamID(rec, s)
	if p := e.inSides(t.sides, up); p != 0 {
		return e.plainMeet(rec, e.spans.at(p))
	}
	if t.maySee(rec.upHash()) && e.inChain(rec.next, up) != 0 {
		return false // that one sent nothing
	}
	t.seek(rec.upHash())
	e.unmet = append(e.unmet, r)
	return true
}

// meetExpired takes the traces of consumers that did not find their producer to the
// ordinary way, where that has expired. It is looked for together with others, whose
// cache misses overlap.
func (e *Engine) meetExpired() {
	for _, r := range e.unmet {
		e.bySpan.warmBits(e.spans.at(r).upHash())
	}
	for _, r := range e.unmet {
		if rec := e.spans.at(r); rec.has(flagPlain) && e.messageBySpan(rec.upHash(), &rec.trace) != 0 {
			e.heatRecord(r)
		}
	}
	e.unmet = e.unmet[:0]
}

// plainGive lets the consumers that came before their upstream meet it.
func (e *Engine) plainGive(t *plainTrace, up *record, h uint64) bool {
	ok := true
	for r := t.sides; e.spans.alive(r); {
		rec := e.spans.at(r)
		if rec.op() == OpProcess && rec.upHash() == h {
			ok = e.plainMeet(rec, up) && ok
		}
		r = e.side.at(rec.aux).edges
	}
	return ok
}

// plainMeet joins a consumer and its producer, if that is the producer of the
// very message: else its id has to be asked.
func (e *Engine) plainMeet(rec, producer *record) bool {
	m := e.sent(producer)
	if !e.messages.alive(m) || !mayBeSame(e.messages.at(m).idHash, e.side.at(rec.aux).idHash) {
		return false
	}
	e.takeBy(m, rec)
	return true
}
