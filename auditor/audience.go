package auditor

import "strings"

// Who should have taken a message is told by who took the others of its audience.

// audience is whom messages are compared with: same topic, same filter label.
type audience struct {
	topic  topicKey
	filter uint16
}

// taken sums up which consumers took every baseline message, by blocks of one
// stranded window.
type taken map[int64]uint64

func (e *Engine) audience(m *message) audience {
	k := e.channels[m.channel]
	return audience{topicKey{k.system, k.topic}, m.filter}
}

// consumersTell sums up, for the audiences wanted, who took the messages that are
// held.
func (e *Engine) consumersTell(wanted map[audience]taken) {
	sum := run{to: func(a audience) taken { return wanted[a] }}
	e.messages.each(func(_ ref, m *message) {
		if sum.wants(e.audience(m)) && e.tellsConsumers(m) {
			sum.add(m.start/e.window.stranded, m.took)
		}
	})
	sum.end()
}

// run sums up who took messages of one audience and block: most come in runs.
type run struct {
	to    func(audience) taken // where the sums of an audience go; nil: it is not wanted
	of    audience
	sums  taken
	block int64
	took  uint64 // by every message of the block
	some  bool
}

func (r *run) wants(a audience) bool {
	if a != r.of {
		r.end()
		r.of, r.sums = a, r.to(a)
	}
	return r.sums != nil
}

func (r *run) add(block int64, took uint64) {
	if r.some && r.block != block {
		r.end()
	}
	if !r.some {
		r.some, r.block, r.took = true, block, took
	}
	r.took &= took
}

func (r *run) end() {
	if r.some {
		r.sums.add(r.block, r.took)
	}
	r.some = false
}

// tellsConsumers reports a baseline message that shows who consumes: it was
// taken, or had its time.
func (e *Engine) tellsConsumers(m *message) bool {
	c := e.messageColour(m)
	return c.class == colBaseline && c.how&howDoubt == 0 && (m.took != 0 || e.mature(m))
}

// add notes who took every message of a block.
func (t taken) add(block int64, took uint64) {
	if all, ok := t[block]; ok {
		took &= all
	}
	t[block] = took
}

// remembered sums up what expiring messages tell for those that are decided after
// them.
func (e *Engine) remembered() run {
	return run{to: func(a audience) taken {
		t := e.evidence[a]
		if t == nil {
			t = taken{}
			e.evidence[a] = t
		}
		return t
	}}
}

// forget drops the blocks long before one and, where times are nonsense, all.
func (t taken) forget(block int64) {
	if len(t) <= 2*parts {
		return
	}
	for old := range t {
		if old < block-parts || len(t) > maxBlocks {
			delete(t, old)
		}
	}
}

const maxBlocks = 256

// unnamed reports a process span that took messages which it does not name: links
// were dropped or never made, or nothing says what it took (T6, M8).
func (e *Engine) unnamed(s *Span) bool {
	m := &s.Message
	ids, named := e.uniqueIDs(m), max(len(s.Links), 1)
	if s.DroppedLinks > 0 || len(s.Links) > maxLinks || !ids && len(s.Links) == 0 && s.ParentID.IsZero() {
		return true
	}
	return m.Batch > named && !(ids && m.Batch <= strings.Count(m.ID, ",")+1)
}

// takings are what the groups of a topic did with messages that no span names.
type takings struct {
	unnamed   taken  // who processed some
	received  taken  // who received some, named or not
	processed uint64 // whose process spans were ever seen
	sampled   uint64 // of which some were seen that stand for others, sampled away
}

// sightTaking notes that a group may have taken any message of its topic. What it
// received counts where it shows no process spans at all (T11).
func (e *Engine) sightTaking(w *workload, rec *record, channel uint16, s *Span) {
	processed := rec.op() == OpProcess && !rec.has(flagSkip)
	unnamed, sampled := processed && e.unnamed(s), processed && s.HasThreshold && s.Threshold > 0
	if !unnamed && !sampled && rec.op() != OpReceive && (!processed || w.processOf == channel) {
		return
	}
	k := e.channels[channel]
	topic := topicKey{k.system, k.topic}
	t := e.takings[topic]
	if t == nil {
		t = &takings{unnamed: taken{}, received: taken{}}
		e.takings[topic] = t
	}
	bit, block := e.groupBit(channel, channel), rec.start/e.window.stranded
	switch {
	case unnamed:
		t.unnamed.note(block, bit)
	case !processed:
		t.received.note(block, bit)
	}
	if processed {
		w.processOf = channel
		t.processed |= bit
	}
	if sampled {
		t.sampled |= bit
	}
}

func (t taken) note(block int64, groups uint64) {
	t[block] |= groups
	t.forget(block)
}

// excuse returns the groups that may have taken a message of which no span tells.
func (e *Engine) excuse(m *message) uint64 {
	t := e.takings[e.audience(m).topic]
	if t == nil {
		return 0
	}
	first, last := m.start/e.window.stranded, (m.start+m.held()+e.window.stranded)/e.window.stranded
	return t.sampled | t.unnamed.within(first, last) | t.received.within(first, last)&^t.processed
}

func (t taken) within(first, last int64) (groups uint64) {
	for block, bits := range t {
		if block >= first && block <= last {
			groups |= bits
		}
	}
	return groups
}
