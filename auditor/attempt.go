package auditor

import "bytes"

// Shares count a message once, however often and however late it is delivered. While
// its producer is held the attempts are compared; afterwards the message itself tells
// which groups took it.

// taken reports a consumption whose group has taken the message before. Where a
// producer sent several and nothing tells which, and for batches, it is not known.
func (e *Engine) taken(first ref, x *aux, idHash uint64) bool {
	if x.tally != 0 || idHash == 0 && e.messages.alive(e.messages.at(first).next) {
		return false
	}
	for m := first; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		msg := e.messages.at(m)
		if mayBeSame(idHash, msg.idHash) && msg.took&e.groupBit(msg.channel, x.channel) != 0 {
			return true
		}
	}
	return false
}

// countOnce notes that a group's consumption of a message is counted; false: it was
// before, by an attempt that has expired. up is the upstream, if it is held.
func (e *Engine) countOnce(rec *record, up ref) bool {
	if rec.op() != OpProcess || rec.aux == 0 || e.side.at(rec.aux).tally != 0 {
		return true
	}
	x := e.side.at(rec.aux)
	m := x.message
	if up != 0 {
		m = e.sent(e.spans.at(up))
	}
	if !e.messages.alive(m) || x.idHash == 0 && e.messages.alive(e.messages.at(m).next) {
		return true
	}
	for ; e.messages.alive(m); m = e.messages.at(m).next {
		msg := e.messages.at(m)
		if x.idHash != 0 && x.idHash != msg.idHash { // two may be the same as a third, and not each other
			continue
		}
		bit := e.groupBit(msg.channel, x.channel) &^ sharedBit
		if msg.counted&bit != 0 {
			return false
		}
		msg.counted |= bit
	}
	return true
}

// maxAttempts is how many consumptions of one producer are looked through for
// attempts; RocketMQ gives up after 16.
const maxAttempts = 64

// again reports whether an earlier span of the same group processed the same
// message of producer p: shares count a message once, and which attempt stands
// for it must not depend on the order of arrival. Batches do not take part.
func (e *Engine) again(p ref, rec *record) bool {
	up := e.spans.at(p)
	if !up.producer() || rec.op() != OpProcess || rec.aux == 0 || e.side.at(rec.aux).tally != 0 {
		return false
	}
	steps := 0
	for d := up.deps; e.spans.alive(d) && steps < maxAttempts; d = e.spans.at(d).next {
		steps++
		other := e.spans.at(d)
		if other.has(flagEdge) {
			if !e.spans.alive(other.deps) {
				continue
			}
			other = e.spans.at(other.deps)
		}
		if other != rec && other.before(rec) && e.sameConsumption(rec, other) {
			return true
		}
	}
	return false
}

// sameConsumption reports two spans that processed one message for one group.
func (e *Engine) sameConsumption(a, b *record) bool {
	if b.op() != OpProcess || b.aux == 0 || b.has(flagSkip) {
		return false
	}
	x, y := e.side.at(a.aux), e.side.at(b.aux)
	k, l := e.channels[x.channel], e.channels[y.channel]
	return y.tally == 0 && mayBeSame(x.idHash, y.idHash) && k.group == l.group && k.service == l.service
}

// mayBeSame reports that the hashes of two message ids do not tell them apart; 0 is
// an id that is not known.
func mayBeSame(a, b uint64) bool { return a == 0 || b == 0 || a == b }

// before orders records by start, then by id.
func (r *record) before(o *record) bool {
	if r.start != o.start {
		return r.start < o.start
	}
	return bytes.Compare(r.span[:], o.span[:]) < 0
}
