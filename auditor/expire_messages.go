package auditor

// decisions is how often in a stranded window messages are decided: each time all
// that are held are looked through.
const decisions = 16

// dueMessages ends the time of the messages whose window has passed.
func (e *Engine) dueMessages() {
	if e.now < e.decideAt {
		return
	}
	n := 0
	for n < len(e.messages.segs) && e.messageSegmentDue(n) {
		n++
	}
	if n > 0 {
		e.decideAt = e.now + e.window.stranded/decisions
		e.expireMessages(n, false)
	}
}

func (e *Engine) messageSegmentDue(i int) bool {
	s := &e.messages.segs[i]
	return s.n > 0 && s.last+e.window.stranded+e.window.pair/2 <= e.now
}

// expireMessages ends the time of the n oldest segments of messages. Those found
// stranded stay one more window, so that a late consumer can withdraw the finding;
// delayed ones until their delay has passed too, and the rest until the data reach
// past their time. With all set none stays: at the memory limit, and in the end.
func (e *Engine) expireMessages(n int, all bool) {
	e.joinMessages()
	if len(e.messages.segs) == n && !all {
		e.messages.rotate(e.now)
	}
	var due []ref
	e.messages.first(n, func(r ref, m *message) {
		if m.state&msgStranded == 0 && (all || !e.delayed(m) && e.mature(m)) {
			due = append(due, r)
		}
	})
	e.decide(due)
	sum, left := e.remembered(), due
	e.messages.first(n, func(r ref, m *message) {
		if m.start > 0 && sum.wants(e.audience(m)) && e.tellsConsumers(m) {
			sum.add(m.start/e.window.stranded, m.took)
			sum.sums.forget(sum.block)
		}
		decided := len(left) > 0 && left[0] == r
		if decided {
			left = left[1:]
		}
		e.dropMessage(r, m, !all && decided == (m.state&msgStranded != 0))
	})
	sum.end()
	for range n {
		e.messages.dropOldest()
	}
}

func (e *Engine) delayed(m *message) bool {
	return e.messageArrived(m)+m.held()+e.window.stranded+e.window.pair/2 > e.now
}

// dropMessage forgets a message, or lets a copy take its place.
func (e *Engine) dropMessage(r ref, m *message, keep bool) {
	var nr ref
	if keep {
		nr = e.messages.alloc(e.now)
		*e.messages.at(nr) = *m
		e.messages.at(nr).next = 0
		e.byID.replace(m.idHash, r, nr)
		e.bySpan.replace(e.hash.span(&m.trace, &m.span), r, nr)
	}
	if m.state&msgKept != 0 {
		moveKept(e.stranded, r, nr)
		moveKept(e.messageIDs, r, nr)
		moveKept(e.senders, r, nr)
	}
}

// moveKept gives what is kept beside one message to another, 0: to none.
func moveKept[T any](kept map[ref]T, from, to ref) {
	if v, ok := kept[from]; ok && to != 0 {
		kept[to] = v
	}
	delete(kept, from)
}

// closeMessages decides all messages of an offline audit.
func (e *Engine) closeMessages() {
	var all []ref
	e.messages.each(func(r ref, _ *message) { all = append(all, r) })
	e.decide(all)
}
