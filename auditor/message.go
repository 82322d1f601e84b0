package auditor

import "strings"

// message is what a produced message leaves behind, for as long as someone may
// consume it. Without pointers.
type message struct {
	trace   TraceID
	span    SpanID
	start   int64
	idHash  uint64
	took    uint64 // groups that processed it, by groupBit of the topic
	counted uint64 // those whose consumption shares have counted
	record  ref    // the producer's record while held
	delay   uint32 // milliseconds, rounded up
	arrived uint32 // milliseconds, wrapping; see messageArrived
	next    ref    // next older message of the same producer
	channel uint16
	filter  uint16
	res     uint16
	name    uint16
	col     colour
	state   messageState
	told    kept // by its producer, which has expired
}

// held is how long the broker keeps the message back, in nanoseconds.
func (m *message) held() int64 { return int64(m.delay) * millisecond }

// milliseconds rounds up; 49 days are the most that fits.
func milliseconds(ns int64) uint32 {
	return uint32(min((max(ns, 0)+millisecond-1)/millisecond, 1<<32-1))
}

// messageArrived returns when a message arrived.
func (e *Engine) messageArrived(m *message) int64 {
	return e.now - int64(uint32(e.now/millisecond)-m.arrived)*millisecond
}

type messageState uint8

const (
	msgStranded messageState = 1 << iota // a stranded finding is open
	msgSampled                           // its consumers may have been sampled away, or it was not sent
	msgDisputed                          // others were sent under its id, with another tag
	msgKept                              // something is kept beside it: see dropMessage
)

// maxIDs bounds how many messages one span may leave behind.
const maxIDs = 1024

// produce keeps a message for each id that the producer's span shows.
func (e *Engine) produce(r ref, rec *record, x *aux, s *Span, c *lastChannel, axis int64) {
	if !rec.producer() {
		return
	}
	ids := s.Message.ID
	for n := 0; n == 0 || ids != "" && n < maxIDs; n++ {
		var id string
		id, ids, _ = strings.Cut(ids, ",")
		m := e.newMessage(r, rec, x, s, axis)
		msg := e.messages.at(m)
		if s.HasThreshold && s.Threshold > 0 || s.Failed {
			msg.state |= msgSampled
		}
		if id == "" {
			break
		}
		if n > 0 || ids != "" {
			x.bits |= auxManyIDs
		}
		if rec.tag != envBase {
			e.messageIDs[m] = keepID(id)
			msg.state |= msgKept
		}
		if e.uniqueIDs(&s.Message) {
			msg.idHash = andWord(c.ids, id)
			e.joinSoon(m)
		}
	}
}

func (e *Engine) newMessage(r ref, rec *record, x *aux, s *Span, axis int64) ref {
	if len(e.messages.segs)*segSize > e.limits.MaxMessages {
		e.expireMessages(1+len(e.messages.segs)/decisions, true)
	}
	m := e.messages.alloc(axis)
	*e.messages.at(m) = message{
		trace: rec.trace, span: rec.span, start: rec.start, delay: milliseconds(s.Message.Delay), arrived: uint32(axis / millisecond),
		record: r, next: x.message, channel: x.channel, filter: e.filters.id(s.Message.Filter), res: rec.res, name: rec.name,
	}
	x.message = m
	return m
}

func (e *Engine) uniqueIDs(m *Message) bool {
	return m.ID != "" && has(e.rules.policy.IDUnique, m.System)
}

// joinSoon makes the message findable by its id together with others, before anybody
// asks again: the cache misses then overlap.
func (e *Engine) joinSoon(m ref) {
	if !e.idsAsked {
		return // nobody may ever do so where all spans name their upstreams
	}
	if e.unjoined = append(e.unjoined, m); e.byIDWait.filled || len(e.unjoined) == together {
		e.joinMessages()
	}
}

// joinMessages does so for those that wait; before any of them, or of their producers,
// expires.
func (e *Engine) joinMessages() {
	for _, m := range e.unjoined {
		e.byID.warmBits(e.messages.at(m).idHash)
	}
	for _, m := range e.unjoined {
		e.joinByID(m, e.messages.at(m))
	}
	e.unjoined = e.unjoined[:0]
}

// joinByID makes the message findable by its id and adopts the edges that wait
// for that id.
func (e *Engine) joinByID(m ref, msg *message) {
	p := e.byID.probe(msg.idHash)
	for c := p.next(); c != 0; c = p.next() {
		if e.messages.at(c).idHash == msg.idHash { // sent again under one id: the first stands for it
			if e.sentTag(c) != e.sentTag(m) {
				e.messages.at(c).state |= msgDisputed
			}
			return
		}
	}
	e.byID.insert(msg.idHash, m)
	if first := e.waitingByID(msg.idHash); first != 0 {
		e.adopt(first, msg.record, e.spans.at(msg.record))
	}
}

// sent returns the newest message of a producer, 0 of any other span.
func (e *Engine) sent(up *record) ref {
	if !up.producer() || up.aux == 0 {
		return 0
	}
	return e.side.at(up.aux).message
}

// sentTag is the tag that a message's producer shows, or showed.
func (e *Engine) sentTag(m ref) tagID {
	msg := e.messages.at(m)
	if !e.spans.alive(msg.record) {
		return msg.col.env
	}
	return e.spans.at(msg.record).tag
}

// joinAll makes all messages that are held findable by their ids.
func (e *Engine) joinAll() {
	e.idsAsked = true
	e.messages.each(func(m ref, msg *message) {
		if msg.idHash != 0 {
			e.joinSoon(m)
		}
	})
}

// messageByID finds the message of an id.
func (e *Engine) messageByID(h uint64) ref {
	if !e.idsAsked {
		e.joinAll()
	}
	e.joinMessages()
	p := e.byID.probe(h)
	for c := p.next(); c != 0; c = p.next() {
		if e.messages.at(c).idHash == h {
			return c
		}
	}
	return 0
}

// messageBySpan finds a message whose producer's record has expired, by the trace and
// the hash of the span's context.
func (e *Engine) messageBySpan(h uint64, t *TraceID) ref {
	p := e.bySpan.probe(h)
	for c := p.next(); c != 0; c = p.next() {
		if m := e.messages.at(c); m.trace == *t && e.hash.span(t, &m.span) == h {
			return c
		}
	}
	return 0
}

// expired reports a producer's span that was there already and whose record has
// expired, which started no later than any such.
func (e *Engine) expired(h uint64, s *Span) bool {
	return s.Kind == KindProducer && s.Start <= e.lastExpired && e.messageBySpan(h, &s.TraceID) != 0
}

// take notes that a group processed a message. With several messages of one
// producer and nothing to tell which, all count as taken: no accusation.
func (e *Engine) take(first ref, x *aux, idHash uint64) {
	for m := first; m != 0 && e.messages.alive(m); m = e.messages.at(m).next {
		msg := e.messages.at(m)
		if !mayBeSame(idHash, msg.idHash) {
			continue
		}
		msg.took |= e.groupBit(msg.channel, x.channel)
		if msg.state&msgStranded != 0 {
			e.withdrawStranded(m, msg)
		}
	}
}

// groupBit gives a consumer its bit among those of the message's topic; past 63
// they share the last one, which makes a topic undecidable rather than accused.
func (e *Engine) groupBit(produced, consumer uint16) uint64 {
	last := &e.groupBits[uint8(produced^consumer)]
	if last.bit == 0 || last.produced != produced || last.consumer != consumer {
		*last = groupBit{produced, consumer, e.newGroupBit(produced, consumer)}
	}
	return last.bit
}

// groupBit remembers an answer, which never changes.
type groupBit struct {
	produced, consumer uint16
	bit                uint64
}

func (e *Engine) newGroupBit(produced, consumer uint16) uint64 {
	k, c := e.channels[produced], e.channels[consumer]
	t := topicKey{k.system, k.topic}
	g := consumerKey{c.group, c.service}
	list := e.consumers[t]
	for i, v := range list {
		if v == g {
			return 1 << i
		}
	}
	if len(list) == 64 {
		return sharedBit
	}
	e.consumers[t] = append(list, g)
	return 1 << len(list)
}

const sharedBit = 1 << 63

type (
	topicKey    struct{ system, topic uint16 }
	consumerKey struct{ group, service uint16 }
)

// idText is a message id kept without a pointer, cut where it is absurdly long:
// RocketMQ's have 32 to 56 characters, a UUID 36.
type idText struct {
	n    uint8
	text [95]byte
}

func keepID(id string) (t idText) {
	t.n = uint8(copy(t.text[:], id))
	return t
}

func (t idText) String() string { return string(t.text[:t.n]) }
