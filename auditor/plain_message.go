package auditor

import "strings"

// plainMessage reports a message span whose other half, if it is another span's,
// belongs to its own trace as far as can be told now.
func (e *Engine) plainMessage(t *plainTrace, s *Span) bool {
	m := &s.Message
	if e.differs(m.Property, t.env) || m.Skipped || m.Batch > 1 || s.DroppedLinks > 0 {
		return false
	}
	switch {
	case s.Op == OpProcess:
		return plainConsumer(s)
	case len(s.Links) > 0 && s.Kind == KindServer:
		return false
	case s.Kind == KindProducer && t.env != envBase && !m.Property.Present && e.captures(&e.workloads[s.Resource], e.now):
		return false // the property may be missing
	case s.Kind != KindProducer || m.ID == "":
		return true
	}
	_, more, _ := strings.Cut(m.ID, ",")
	return more == "" && !(e.byIDWait.filled && e.uniqueIDs(m) && e.waitingByID(e.hash.words(m.System, m.Destination, m.ID)) != 0)
}

// plainConsumer reports a consumer whose one upstream is in its own trace.
func plainConsumer(s *Span) bool {
	if len(s.Links) == 0 {
		return !s.ParentID.IsZero()
	}
	l := &s.Links[0]
	return len(s.Links) == 1 && l.TraceID == s.TraceID && !l.Tag.Present && !l.SpanID.IsZero()
}

// plainSides notes who took which message, of a message span whose context has the
// hash h. It reports whether the trace can stay plain.
func (e *Engine) plainSides(t *plainTrace, rec *record, s *Span, h uint64) bool {
	x, ok := e.side.at(rec.aux), true
	x.tally = sender(h)
	if rec.op() == OpProcess {
		ok = e.plainTake(t, rec, x, s)
		x.tally = taker(rec.upHash())
	}
	x.edges, t.sides = t.sides, rec.aux
	return ok
}

// sender and taker are what the message spans of a trace find each other by, without
// their records: half of the hash of the context that sends. The hops are joined by
// all of it, when the trace is closed.
func sender(h uint64) ref { return ref(h) &^ 1 }
func taker(h uint64) ref  { return ref(h) | 1 }

// inSides finds the side facts of a message span of a plain trace, nil if it is not
// there.
func (e *Engine) inSides(t *plainTrace, name ref) *aux {
	for a := t.sides; a != 0; {
		x := e.side.at(a)
		if x.tally == name {
			return x
		}
		a = x.edges
	}
	return nil
}

// seek notes the hash of a span that a consumer asks for.
func (t *plainTrace) seek(h uint64) { t.asked |= 1 << (h >> 59) }

func (t *plainTrace) maySeek(h uint64) bool { return t.asked&(1<<(h>>59)) != 0 }

// plainTake lets a consumer take the message of its producer, or wait for it.
func (e *Engine) plainTake(t *plainTrace, rec *record, x *aux, s *Span) bool {
	if rec.has(flagLinked) && x.idHash == 0 && s.Links[0].MessageID != "" {
		x.idHash = e.hash.words(s.Message.System, s.Message.Destination, s.Links[0].MessageID)
	}
	if p := e.inSides(t, sender(rec.upHash())); p != nil {
		return e.plainMeet(x, p.message)
	}
	if t.maySee(rec.upHash()) && e.inChain(rec.next, *upstreamID(rec, s)) != 0 {
		return false // that one sent nothing
	}
	if e.inSides(t, taker(rec.upHash())) != nil {
		return true // another one has asked
	}
	t.seek(rec.upHash())
	return e.messageBySpan(rec.upHash(), &rec.trace) == 0 // the producer has expired
}

// plainGive lets the consumers that came before their upstream, whose context has the
// hash h, meet its message, if it sent one.
func (e *Engine) plainGive(t *plainTrace, up *record, h uint64) bool {
	m, ok := e.sent(up), true
	for a := t.sides; a != 0; {
		x := e.side.at(a)
		if x.tally == taker(h) {
			ok = e.plainMeet(x, m) && ok
		}
		a = x.edges
	}
	return ok
}

// plainMeet joins a consumer and the message of its producer, if that is the very
// message: else its id has to be asked.
func (e *Engine) plainMeet(x *aux, m ref) bool {
	if !e.messages.alive(m) || !mayBeSame(e.messages.at(m).idHash, x.idHash) {
		return false
	}
	e.take(m, x, x.idHash)
	return true
}
