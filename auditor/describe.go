package auditor

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// findingID is hex(SHA-256(scope, trace id, span id, slot)), the first 32 digits
// (design.md, "Ids"); the parts are joined by "|".
func findingID(scope string, t TraceID, s SpanID, slot string) string {
	sum := sha256.Sum256([]byte(scope + "|" + hex.EncodeToString(t[:]) + "|" + hex.EncodeToString(s[:]) + "|" + slot))
	return hex.EncodeToString(sum[:16])
}

// slotText names the hop among those of its span.
func (e *Engine) slotText(k hopKey) string {
	switch {
	case k.slot == slotProperty:
		return "property"
	case k.slot != slotLink:
		return "parent"
	case k.edge == 0:
		return e.linkText(k)
	}
	edge := e.spans.at(k.edge)
	text := hex.EncodeToString(edge.trace[:]) + "-" + hex.EncodeToString(edge.span[:])
	if edge.has(flagShared) {
		text += "-" + strconv.Itoa(int(edge.res))
	}
	return text
}

// linkText names the context of a plain link.
func (e *Engine) linkText(k hopKey) string {
	if c, ok := e.linkOf[k.span]; ok {
		return hex.EncodeToString(c.trace[:]) + "-" + hex.EncodeToString(c.span[:])
	}
	if rec := e.spans.at(k.span); rec.met() {
		p := e.spans.at(rec.parent)
		return hex.EncodeToString(p.trace[:]) + "-" + hex.EncodeToString(p.span[:])
	}
	p := e.ledger.peers[k]
	return p.TraceID + "-" + p.SpanID
}

// finding writes out a ruling with its evidence.
func (e *Engine) finding(k hopKey, rec *record, h *hop, out *ruling) Finding {
	w := &e.workloads[rec.res]
	f := Finding{
		ID: findingID("hop", rec.trace, rec.span, e.slotText(k)), State: StateOpen,
		Axis: axisOf(out), Verdict: out.found.verdict(), Certainty: Suspected, Code: out.code,
		TraceID: hex.EncodeToString(rec.trace[:]), SpanID: hex.EncodeToString(rec.span[:]),
		Time: time.Unix(0, rec.start).UTC(), Service: e.services.text(w.service), Home: w.homeText,
		Kind: h.kind, Effect: out.effect.verdict(),
	}
	if out.env != envBase {
		f.Env = e.tags.show(out.env)
	}
	if out.proven {
		f.Certainty = Proven
	}
	if k.slot == slotProperty {
		f.Kind = HopMessage
	}
	e.describeMessage(&f, k, rec)
	if k.slot != slotProperty {
		e.describePeer(&f, k, rec, h)
	}
	f.Blame = Blame{Service: f.Service, Operation: e.operations.text(rec.name), Where: out.where}
	if (out.where == WhereRouter || out.where == WhereSender) && f.Peer.Service != "" {
		f.Blame.Service = f.Peer.Service
	}
	f.Explain = explain(&f, h, out)
	return f
}

func axisOf(out *ruling) Axis {
	if out.found == out.prop {
		return AxisPropagation
	}
	return AxisPlacement
}

func (e *Engine) describeMessage(f *Finding, k hopKey, rec *record) {
	if rec.aux == 0 || !rec.op().Messaging() {
		return
	}
	x := e.side.at(rec.aux)
	c := e.channels[x.channel]
	f.System, f.Destination, f.Group = e.topics.text(c.system), e.topics.text(c.topic), e.groups.text(c.group)
	f.MessageID = e.consumedIDs[k.span].String()
	if f.MessageID != "" {
		return
	}
	var m ref
	switch {
	case rec.producer():
		m = x.message
	case k.edge != 0:
		m = e.messageByID(uint64(e.spans.at(k.edge).start))
	case x.idHash != 0:
		m = e.messageByID(x.idHash)
	}
	f.MessageID = e.messageIDs[m].String()
}

// describePeer fills in the upstream side.
func (e *Engine) describePeer(f *Finding, k hopKey, rec *record, h *hop) {
	switch {
	case h.upPassive: // never upstream of anything
	case h.upRef == 0:
		f.Peer = e.expiredPeer(k, rec, h)
	default:
		f.Peer = e.peerAt(h.upRef)
	}
}

// peerAt describes an upstream that is held: where it shows no tag and hands on
// what it got, the nearest ancestor that does show one.
func (e *Engine) peerAt(r ref) Peer {
	p := e.spans.at(r)
	for range 64 { // far enough for any chain of proxies
		if !p.handsOn() {
			break
		}
		if !p.met() {
			kept, ok := e.ledger.peers[hopKey{span: r, slot: p.slot()}]
			if from, _ := p.upper(); ok && from.class == colTag {
				return kept
			}
			break
		}
		if e.leaves(p.parent, p).class != colTag {
			break // its own property told the tag
		}
		r = p.parent
		p = e.spans.at(r)
	}
	return e.peer(&p.trace, &p.span, p.res, p.col)
}

// expiredPeer is what is left of an upstream that is no longer held.
func (e *Engine) expiredPeer(k hopKey, rec *record, h *hop) Peer {
	if p, ok := e.ledger.peers[k]; ok {
		return p
	}
	if k.edge != 0 {
		if edge := e.spans.at(k.edge); edge.has(flagGone) {
			_, res := edge.upper()
			return e.peer(&edge.trace, &edge.span, res, h.up)
		}
		return Peer{}
	}
	if h.links > 0 && !e.spans.at(e.side.at(rec.aux).edges).has(flagGone) {
		return Peer{} // the message of its id was never seen
	}
	if rec.op() == OpProcess && rec.aux != 0 {
		if m := e.side.at(rec.aux).message; e.messages.alive(m) {
			msg := e.messages.at(m)
			return e.peer(&msg.trace, &msg.span, msg.res, msg.col)
		}
	}
	if !rec.has(flagGone) {
		return Peer{}
	}
	_, res := rec.upper()
	p := e.peer(&rec.trace, &rec.span, res, h.up)
	p.TraceID, p.SpanID = "", "" // which span it was is no longer known
	return p
}

func (e *Engine) peer(t *TraceID, s *SpanID, res uint16, c colour) Peer {
	w := &e.workloads[res]
	p := Peer{
		TraceID: hex.EncodeToString(t[:]), SpanID: hex.EncodeToString(s[:]),
		Service: e.services.text(w.service), Home: w.homeText,
	}
	if c.class == colTag || c.class == colLost {
		p.Env = e.tags.show(c.env)
	}
	return p
}
