package auditor

// Most traces show one env from end to end, baseline or a tag, where it belongs, and
// nothing can be found in them. As long as a trace has shown nothing else it is
// plain: its spans are kept in a chain, neither indexed nor joined, and its hops are
// counted all at once when its window ends (plain_close.go). The first span that is
// not plain, or anything from outside that asks for one of its spans, takes the whole
// trace to the ordinary way (plain_heat.go); so what is found does not depend on
// this, which the streaming tests hold against check, that knows no plain traces.

// plainTrace is what is kept of a trace. It lives as long as its newest record.
type plainTrace struct {
	hash  traceHash // of the trace id
	seen  [3]uint64 // a bit in each for each span seen: a clear one proves that it is new
	head  ref       // the newest record; a plain one leads to the next older by next
	sides ref       // the side facts of the newest message span among them; they lead to the next older by edges
	asked uint32    // bits for each upstream that a consumer has not met yet
	env   tagID     // the one that all of them show
	n     uint8     // records in the chain
	state traceState
}

type traceState uint8

const (
	traceHot    traceState = 1 << iota // no longer plain
	traceClosed                        // plain to its end, and counted
)

// maxPlain bounds the chain, which is searched one by one.
const maxPlain = 64

// addPlain takes a span into its plain trace. It reports false for those that go
// the ordinary way.
func (e *Engine) addPlain(t *plainTrace, s *Span) bool {
	if t.state&traceHot != 0 {
		return false
	}
	if t.state&traceClosed != 0 || t.n == maxPlain || !e.plainSpan(t, s) {
		e.heat(t)
		return false
	}
	h := t.hash.span(&s.SpanID)
	known := ref(0)
	if t.maySee(h) {
		known = e.inChain(t.head, s.SpanID)
	}
	if known != 0 || e.expired(h, s) {
		e.duplicate(known, s)
		return true
	}
	t.see(h)
	t.n++
	r, rec := e.spans.take(e.now) // Add has made room
	e.fill(rec, s)
	t.chain(r, rec, s)
	axis := e.spans.newest().arrival
	e.observe(&e.workloads[rec.res], rec, s, axis)
	if rec.op().Messaging() || s.Header.Present {
		rec.aux = e.side.alloc(axis)
		e.fillAux(r, rec, s, axis)
	}
	ok := !t.maySeek(h) || e.plainGive(t, rec, h)
	if rec.op().Messaging() {
		ok = e.plainSides(t, rec, s, h) && ok
	}
	if !ok {
		e.heat(t)
	}
	return true
}

// chain puts a record at the head of its trace's chain. While it is plain, parent
// and deps hold the hash of its upstream's context.
func (t *plainTrace) chain(r ref, rec *record, s *Span) {
	rec.set(flagPlain)
	if up := upstreamID(rec, s); !up.IsZero() && !rec.passive() {
		h := t.hash.span(up)
		rec.parent, rec.deps = ref(h>>32), ref(h)
	}
	if t.env != envBase {
		rec.col = colour{class: colTag, env: t.env}
	}
	rec.next = t.head
	t.head = r
}

// upstreamID is the span that a plain span comes from: the one that a consumer
// links to, or its parent.
func upstreamID(rec *record, s *Span) *SpanID {
	if rec.op() == OpProcess && len(s.Links) > 0 {
		rec.set(flagLinked)
		return &s.Links[0].SpanID
	}
	return &s.ParentID
}

// inChain finds a span in a chain, 0 if it is not there.
func (e *Engine) inChain(head ref, id SpanID) ref {
	for r := head; e.spans.alive(r); r = e.spans.at(r).next {
		if e.spans.at(r).span == id {
			return r
		}
	}
	return 0
}

// plainSpan reports a span that shows the env of its trace and nothing else, at a
// workload of that env, with an upstream in its own trace at most.
func (e *Engine) plainSpan(t *plainTrace, s *Span) bool {
	env := envBase
	if s.Tag.Present {
		env = e.tags.env(s.Tag.Value)
	}
	if t.n == 0 {
		t.env = env
	}
	if env != t.env || len(e.versions) > 1 || !e.belongs(env, s) || e.differs(s.Header, env) || s.Witness != "" && e.tags.env(s.Witness) != env {
		return false
	}
	if s.Op.Messaging() {
		return e.plainMessage(t, s)
	}
	return len(s.Links) == 0 || s.Kind != KindServer
}

// belongs reports a workload of an env, or an origin that begins or hands on a tag.
func (e *Engine) belongs(env tagID, s *Span) bool {
	if int(s.Resource) >= len(e.workloads) {
		return env == envBase
	}
	w := &e.workloads[s.Resource]
	switch {
	case w.home == env && (env == envBase || w.homeKnown):
		return env != e.tags.other()
	case w.home != envBase || s.Op == OpProcess || s.Kind == KindConsumer || s.Kind == KindServer && !s.ParentID.IsZero():
		return false
	}
	return e.rules.service(w.service, &e.services).origin
}

// differs reports a reading of another env.
func (e *Engine) differs(r Reading, env tagID) bool { return r.Present && e.tags.env(r.Value) != env }

// see notes the hash of a span that was seen: a bit in each of three words, so that
// of 14 spans one in 500 is taken for one seen before, and looked for.
func (t *plainTrace) see(h uint64) {
	t.seen[0] |= 1 << (h >> 58)
	t.seen[1] |= 1 << (h >> 52 & 63)
	t.seen[2] |= 1 << (h >> 46 & 63)
}

// maySee reports that a span may have been seen.
func (t *plainTrace) maySee(h uint64) bool {
	return (t.seen[0]>>(h>>58))&(t.seen[1]>>(h>>52&63))&(t.seen[2]>>(h>>46&63))&1 != 0
}

// upHash is the hash of a plain record's upstream, 0 for roots.
func (r *record) upHash() uint64 { return uint64(r.parent)<<32 | uint64(r.deps) }
