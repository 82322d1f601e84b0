package auditor

// Most spans of plain traces are alike: what the rules need to know of them is asked
// once for all that look alike, and their hops are counted by kind, one addition
// each, before all of a kind are added to the counters.

// look is what can be told of a plain span from its workload, kind and operation.
type look uint8

const (
	lookInOrder look = 1 << iota // no rule can find anything in it: see inOrder
	lookEntry                    // placement is judged
	lookOrigin                   // of an origin
	lookMessage                  // processes a message
	lookCrosses                  // its parent is in another process
	lookRoot                     // has no upstream; of a hop, not of what is alike
	lookAgain                    // a later attempt; of a hop too
)

// looks keeps the answers while the oldest segment is closed.
type looks struct {
	keys    [256]uint64
	answers [256]look
	oldest  int64 // between these two arrived all that is held
	newest  int64
}

// maskLook are the flags by which spans of a workload are told apart.
const maskLook = maskKind | 7<<shiftOp | 3<<shiftRem | flagRoot | flagProbe | flagSkip

// look tells how a span looks.
func (e *Engine) look(rec *record) look {
	key := uint64(rec.tag)<<48 | uint64(rec.res)<<32 | 1<<31 | uint64(rec.flags&maskLook)
	i := uint8(key * 0x9e3779b97f4a7c15 >> 56)
	if e.looks.keys[i] != key {
		e.looks.keys[i], e.looks.answers[i] = key, e.lookAt(rec)
	}
	return e.looks.answers[i]
}

func (e *Engine) lookAt(rec *record) (k look) {
	for _, f := range [...]struct {
		on  bool
		bit look
	}{
		{e.inOrder(rec), lookInOrder},
		{rec.entry(), lookEntry},
		{rec.op() == OpProcess, lookMessage},
		{e.rules.service(e.workloads[rec.res].service, &e.services).origin, lookOrigin},
		{rec.kind() == KindServer || rec.remote() == RemoteYes, lookCrosses},
	} {
		if f.on {
			k |= f.bit
		}
	}
	return k
}

// inOrder reports a span that no rule can find anything in, if its upstream is such a
// one too. What shows the baseline has to be a workload that would show a tag, as
// long as anything is held. A consumer has met its producer.
func (e *Engine) inOrder(rec *record) bool {
	if rec.passive() || rec.has(flagProbe) || rec.kind() == KindConsumer && rec.op() != OpProcess {
		return false
	}
	if rec.tag != envBase {
		return true
	}
	w := &e.workloads[rec.res]
	return w.homeKnown && e.reportsSame(w, rec.kind(), e.rules, e.looks.oldest, e.looks.newest)
}

// calmHop is all that the counters tell of a hop in order, in words that are quickly
// compared.
type calmHop struct {
	edge uint64 // the workloads from and to, the channel, and the env
	how  uint64 // the sampling rate and the look
}

func newCalmHop(from, channel uint16, rec *record, l look) calmHop {
	return calmHop{
		edge: uint64(from)<<48 | uint64(rec.res)<<32 | uint64(channel)<<16 | uint64(rec.tag),
		how:  uint64(rec.rate)<<8 | uint64(l),
	}
}

func (h calmHop) from() uint16    { return uint16(h.edge >> 48) }
func (h calmHop) to() uint16      { return uint16(h.edge >> 32) }
func (h calmHop) channel() uint16 { return uint16(h.edge >> 16) }
func (h calmHop) env() tagID      { return tagID(h.edge) }
func (h calmHop) rate() uint8     { return uint8(h.how >> 8) }
func (h calmHop) look() look      { return look(h.how) }

// cell is where hops of a kind are counted.
func (h calmHop) cell() uint8 { return uint8((h.edge ^ h.how<<40) * 0x9e3779b97f4a7c15 >> 56) }

// calmHops counts hops by kind. A cell that another kind needs is spread before its
// time.
type calmHops struct {
	cells [256]calmCell
	used  []uint8
}

type calmCell struct {
	hop calmHop // zero: none, as every hop has a look
	n   uint64
}

// countAlike counts a hop with those of its kind.
func (e *Engine) countAlike(h calmHop) {
	i := h.cell()
	cell := &e.calm.cells[i]
	if cell.hop != h {
		if cell.n > 0 {
			e.countCalm(cell.hop, cell.n)
		} else {
			e.calm.used = append(e.calm.used, i)
		}
		*cell = calmCell{hop: h}
	}
	cell.n++
}

// spreadCalm moves what was counted by kind to the counters.
func (e *Engine) spreadCalm() {
	for _, i := range e.calm.used {
		e.countCalm(e.calm.cells[i].hop, e.calm.cells[i].n)
		e.calm.cells[i] = calmCell{}
	}
	e.calm.used = e.calm.used[:0]
}

// countCalm counts n hops that are alike.
func (e *Engine) countCalm(h calmHop, n uint64) {
	t, look := &e.tally, h.look()
	out := ruling{root: look&lookRoot != 0}
	if !out.root {
		out.prop = vOK
	}
	switch {
	case look&lookEntry == 0:
	case look&lookOrigin != 0 && out.root:
		out.place, out.placeWhy = vUndecidable, whyOrigin
	default:
		out.place = vOK
	}
	t.count(&out, false, n)
	if look&(lookEntry|lookAgain) == lookEntry {
		t.add(t.entriesOf(h.to()), h.rate(), h.env(), n)
	}
	if !out.root {
		t.hop(t.edge(e.calmEdge(h)), h.rate(), hopClass{env: h.env(), carried: h.env(), shown: h.env(), verdict: vOK, hop: true}, n)
	}
}

// calmEdge is the edge by which a span of a trace is reached from another.
func (e *Engine) calmEdge(h calmHop) edgeKey {
	k := edgeKey{from: h.from(), to: h.to(), channel: h.channel()}
	switch {
	case h.look()&lookMessage != 0:
		k.kind = kindMessage
	case h.look()&lookCrosses != 0 || !e.sameWorkload(k.from, k.to):
		k.kind = kindRPC
	}
	return k
}
