package auditor

// expireMessages ends the time of the oldest messages. Those found stranded stay
// one more window, so that a late consumer can withdraw the finding; delayed ones
// until their delay has passed too, and the rest until the data reach past their
// time. With all set none stays: at the memory limit, and in the end.
func (e *Engine) expireMessages(all bool) {
	if len(e.messages.segs) == 1 && !all {
		e.messages.rotate(e.now)
	}
	first, n := e.messages.oldest()
	var due []ref
	for i := range n {
		r := first + ref(i)
		if r == 0 {
			continue
		}
		if m := e.messages.at(r); m.state&msgStranded == 0 && (all || !e.delayed(m) && e.mature(m)) {
			due = append(due, r)
		}
	}
	e.decide(due)
	decided := map[ref]bool{}
	for _, r := range due {
		decided[r] = true
	}
	for i := range n {
		if r := first + ref(i); r != 0 {
			m := e.messages.at(r)
			e.remember(m)
			again := m.state&msgStranded != 0 && decided[r] || !decided[r] && m.state&msgStranded == 0
			e.dropMessage(r, m, again && !all)
		}
	}
	e.messages.dropOldest()
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
		if s := e.stranded[r]; s != nil {
			e.stranded[nr] = s
		}
		if id, ok := e.messageIDs[r]; ok {
			e.messageIDs[nr] = id
		}
	}
	delete(e.stranded, r)
	delete(e.messageIDs, r)
	if keep {
		e.byID.replace(m.idHash, r, nr)
		e.bySpan.replace(e.hash.span(&m.trace, &m.span), r, nr)
	}
}

// closeMessages decides all messages of an offline audit.
func (e *Engine) closeMessages() {
	var all []ref
	e.messages.each(func(r ref, _ *message) { all = append(all, r) })
	e.decide(all)
}
