package auditor

// context is what a span link names.
type context struct {
	trace TraceID
	span  SpanID
}

// plainLink reports a consumer of one message with one bare link: it needs no
// edge, the link simply stands for the parent.
func plainLink(rec *record, s *Span) bool {
	return rec.op() == OpProcess && len(s.Links) == 1 && s.DroppedLinks == 0 && s.Message.Batch <= 1 && !s.Links[0].Tag.Present
}

// linkPlain joins a span by its one link. The linked context is part of the id of
// a finding; where one may come before the linked span it is kept.
func (e *Engine) linkPlain(r ref, rec *record, s *Span) {
	l := &s.Links[0]
	rec.set(flagLinked)
	x := e.side.at(rec.aux)
	if x.idHash == 0 && l.MessageID != "" {
		x.idHash = e.hash.words(s.Message.System, s.Message.Destination, l.MessageID)
	}
	readings := x.witness | x.prop | x.header
	if home := e.workloads[rec.res].home; rec.tag != home || rec.tag == envBase && readings != envBase {
		e.linkOf[r] = context{l.TraceID, l.SpanID}
		rec.set(flagKept)
	}
	if l.TraceID != rec.trace {
		e.heatOther(&l.TraceID, r)
	}
	e.join(r, rec, &l.TraceID, &l.SpanID)
}

// maxLinks bounds what one span may leave behind; SDKs keep 128 by default.
const maxLinks = 1 << 15

// link leaves an edge for each span link. Of a SERVER root (a trust boundary
// that starts its own trace) only the first link counts.
func (e *Engine) link(r ref, rec *record, s *Span) {
	links := s.Links
	if rec.op() != OpProcess {
		links = links[:1]
	}
	if len(links) > maxLinks {
		links = links[:maxLinks]
		e.side.at(rec.aux).bits |= auxDropped
	}
	if len(links) > 1 {
		e.side.at(rec.aux).tally = e.tallies.alloc(e.now)
	}
	for i := range links {
		l := &links[i]
		er, edge := e.newEdge(r, rec)
		edge.trace, edge.span, edge.res = l.TraceID, l.SpanID, uint16(min(i, 1<<16-1))
		if l.Tag.Present {
			edge.set(flagTagged)
			edge.tag = e.tags.env(l.Tag.Value)
		}
		if l.MessageID != "" {
			edge.start = int64(e.hash.words(s.Message.System, s.Message.Destination, l.MessageID))
		}
		if edge.trace != rec.trace {
			e.heatOther(&edge.trace, er)
		}
		e.join(er, edge, &edge.trace, &edge.span)
		e.deliver(edge)
	}
	markShared(e, rec)
}

// markShared marks the links of one span that name the same context: their
// findings need the ordinal to be told apart.
func markShared(e *Engine, rec *record) {
	x := e.side.at(rec.aux)
	if x.tally == 0 {
		return
	}
	first := make(map[context]*record, e.tallies.at(x.tally).total)
	for er := x.edges; er != 0; er = e.spans.at(er).aux {
		edge := e.spans.at(er)
		k := context{edge.trace, edge.span}
		if other := first[k]; other != nil {
			other.set(flagShared)
			edge.set(flagShared)
		}
		first[k] = edge
	}
}

func (e *Engine) newEdge(r ref, rec *record) (ref, *record) {
	er := e.newRecord()
	edge := e.spans.at(er)
	x := e.side.at(rec.aux)
	edge.flags = flagEdge
	edge.deps, edge.aux = r, x.edges
	x.edges = er
	if x.tally != 0 {
		e.tallies.at(x.tally).total++
	}
	return er, edge
}
