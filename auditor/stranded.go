package auditor

import (
	"encoding/hex"
	"maps"
	"math/bits"
	"time"
)

type strandedFinding struct {
	bit     uint64
	finding Finding
}

// mature reports whether the data reach past the time that a message had: before
// that its absence means nothing.
func (e *Engine) mature(m *message) bool {
	return m.start+m.held()+e.window.stranded <= e.latest
}

// messageColour is the colour of the message's producer.
func (e *Engine) messageColour(m *message) colour {
	if e.spans.alive(m.record) {
		return e.spans.at(m.record).col
	}
	return m.col
}

// decide judges messages for conservation, once their time has passed.
func (e *Engine) decide(list []ref) {
	wanted := map[audience]taken{}
	var open []ref
	for _, r := range list {
		m := e.messages.at(r)
		c := e.messageColour(m)
		if c.class == colTag && c.how == 0 && m.state&msgSampled == 0 && e.mature(m) && e.channels[m.channel].topic != 0 && e.missing(m, e.allConsumers(m)) != 0 {
			open = append(open, r)
			wanted[e.audience(m)] = taken{}
		}
	}
	if len(open) == 0 {
		return
	}
	for a, t := range wanted {
		maps.Copy(t, e.evidence[a])
	}
	e.consumersTell(wanted)
	for _, r := range open {
		m := e.messages.at(r)
		e.decideOne(r, m, wanted[e.audience(m)])
	}
}

// decideOne tells which consumers miss a message.
func (e *Engine) decideOne(r ref, m *message, t taken) {
	should, known := ^uint64(0), false
	for block := m.start/e.window.stranded - 1; block <= m.start/e.window.stranded+1; block++ {
		if all, ok := t[block]; ok {
			should, known = should&all, true
		}
	}
	if !known {
		should = 0
	}
	for missing := e.missing(m, should); missing != 0; missing &= missing - 1 {
		list := e.consumers[e.audience(m).topic]
		e.strand(r, m, missing&-missing, list[bits.TrailingZeros64(missing)], e.messageColour(m).env)
	}
}

// allConsumers are those of a message's topic: where none of them can miss it, nobody
// needs to tell which of them should have it.
func (e *Engine) allConsumers(m *message) uint64 {
	return 1<<len(e.consumers[e.audience(m).topic]) - 1
}

// missing finds the consumers that miss a message, of those that should have it or
// are declared.
func (e *Engine) missing(m *message, should uint64) uint64 {
	env := e.messageColour(m).env
	list := e.consumers[e.audience(m).topic]
	if !tookNameless(m.took, list) { // which of the declared groups that was is not known
		should |= e.declaredConsumers(m, env)
		list = e.consumers[e.audience(m).topic]
	}
	if len(list) == 64 {
		should &^= 1 << 63 // shared by all further consumers
	}
	twinOf := func(bit uint64) uint64 { return e.twinBit(m, list[bits.TrailingZeros64(bit)], env) }
	return ruleStranded(m.took|e.excuse(m), should, twinOf)
}

// tookNameless reports that a consumer took a message whose group is not recorded.
func tookNameless(took uint64, list []consumerKey) bool {
	for i, c := range list {
		if c.group == 0 && took>>i&1 != 0 {
			return true
		}
	}
	return false
}

// twinKey asks for the twin of a consumer; the answers are kept in twinOf.
type twinKey struct {
	consumer consumerKey
	env      tagID
}

// twinBit finds the consumer that is the twin of c for an env.
func (e *Engine) twinBit(m *message, c consumerKey, env tagID) uint64 {
	k := twinKey{c, env}
	twin, ok := e.twinOf[k]
	if !ok {
		other := e.family(channelKey{group: c.group, service: c.service}, e.tags.show(env))[1]
		twin = consumerKey{other.group, other.service}
		if len(e.twinOf) < e.limits.MaxEdges {
			e.twinOf[k] = twin
		}
	}
	return e.consumerBit(m, twin)
}

func (e *Engine) consumerBit(m *message, c consumerKey) uint64 {
	for i, v := range e.consumers[e.audience(m).topic] {
		if v == c {
			return 1 << i
		}
	}
	return 0
}

// declaredConsumers are those that the policy of the message's time says should
// have it: a twin declared alive, or an isolated group. Inside a grace period both
// versions have to say so.
func (e *Engine) declaredConsumers(m *message, env tagID) uint64 {
	now, other := e.versions.at(m.start)
	should := e.declaredBy(now, m, env)
	if other != nil {
		should &= e.declaredBy(other, m, env)
	}
	return should
}

func (e *Engine) declaredBy(c *rules, m *message, env tagID) (should uint64) {
	topic, show := e.topics.text(e.channels[m.channel].topic), e.tags.show(env)
	need := func(group string) {
		if group != "" {
			k := e.channels[m.channel]
			k.group, k.service = e.groups.id(group), 0
			should |= e.groupBit(m.channel, e.channelID(k))
		}
	}
	for _, a := range c.policy.Alive {
		if a.Home == show && c.sameTopic(a.Topic, topic, show) {
			need(a.Group)
		}
	}
	for _, i := range c.policy.Isolation {
		if c.sameTopic(i.Topic, topic, show) && (len(i.Ignores) == 0 || has(i.Ignores, show)) {
			need(i.Group)
		}
	}
	return should
}

func (e *Engine) strand(r ref, m *message, bit uint64, c consumerKey, env tagID) {
	k := e.channels[m.channel]
	k.group, k.service = c.group, c.service
	axis := e.messageArrived(m)
	if e.mode == Offline {
		axis = m.start
	}
	w := &e.workloads[m.res]
	group := e.groups.text(c.group)
	family := group
	if family == "" {
		family = e.services.text(c.service)
	}
	f := Finding{
		Revision: 1, State: StateOpen, Axis: AxisConservation, Verdict: VerdictStranded, Certainty: Suspected,
		Code:    strandedCode(m.delay > 0, e.consumerTwin(k, env, axis, m.start)),
		TraceID: hex.EncodeToString(m.trace[:]), SpanID: hex.EncodeToString(m.span[:]),
		Time: time.Unix(0, m.start).UTC(), Service: e.services.text(w.service), Home: w.homeText,
		Env: e.tags.show(env), Kind: HopMessage, System: e.topics.text(k.system), Destination: e.topics.text(k.topic),
		Group: group, MessageID: e.messageIDs[r].String(),
		Blame: Blame{Service: e.services.text(w.service), Operation: e.operations.text(m.name), Where: WhereUnknown},
	}
	f.ID = findingID("message", m.trace, m.span, f.MessageID+"/"+family)
	f.Explain = "message of " + f.Destination + " tagged " + f.Env + " was not processed within its window by " + family + " or its twin, which took every baseline message"
	m.state |= msgStranded | msgKept
	e.stranded[r] = append(e.stranded[r], strandedFinding{bit, f})
	e.ledger.open[f.ID] = &entry{finding: f}
	e.emit(f)
}

// consumerTwin tells whether a consumer's twin runs, seen or declared.
func (e *Engine) consumerTwin(k channelKey, env tagID, axis, start int64) presence {
	c, _ := e.versions.at(start)
	return max(c.declaredConsumer(e.topics.text(k.topic), e.groups.text(k.group), e.tags.show(env)),
		e.channelTwin(e.channelID(k), env).at(axis, start, e.window.liveness))
}

// withdrawStranded takes back the findings that a late consumer has refuted.
func (e *Engine) withdrawStranded(r ref, m *message) {
	list := e.stranded[r]
	kept := list[:0]
	for _, s := range list {
		c := e.consumers[e.audience(m).topic][bits.TrailingZeros64(s.bit)]
		if m.took&(s.bit|e.twinBit(m, c, e.messageColour(m).env)) == 0 {
			kept = append(kept, s)
			continue
		}
		s.finding.Revision++
		s.finding.State = StateWithdrawn
		delete(e.ledger.open, s.finding.ID)
		e.emit(s.finding)
	}
	e.stranded[r] = kept
}
