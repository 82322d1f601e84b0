package auditor

import (
	"slices"
	"strings"
)

// channelKey is what a consumer takes messages by: system, topic and group;
// where no group is recorded its service stands for it.
type channelKey struct{ system, topic, group, service uint16 }

// channel returns the interned key of a messaging span. Most spans of a workload
// repeat what one before them said, so it keeps the last of each direction.
func (e *Engine) channel(m *Message, w *workload) *lastChannel {
	last := &w.lastSent
	if m.Group != "" {
		last = &w.lastTaken
	}
	if last.id == 0 || last.group != m.Group || last.topic != m.Destination || last.system != m.System {
		k := channelKey{
			system: e.topics.id(m.System), topic: e.topics.id(m.Destination), group: e.groups.id(m.Group),
		}
		if k.group == 0 {
			k.service = w.service
		}
		*last = lastChannel{
			id: e.channelID(k), system: keepText(m.System), topic: keepText(m.Destination), group: keepText(m.Group),
			ids: e.hash.words(m.System, m.Destination),
		}
	}
	return last
}

// lastChannel is a channel by its texts.
type lastChannel struct {
	id                   uint16
	system, topic, group string
	ids                  uint64 // hash of system and topic, to which that of a message id is added
}

// keepText copies a text, cut like an interned one.
func keepText(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

func (e *Engine) channelID(k channelKey) uint16 {
	if id, ok := e.channelIDs[k]; ok {
		return id
	}
	if len(e.channels) >= e.limits.MaxNames {
		e.channelsFull = true
		return 0
	}
	id := uint16(len(e.channels))
	e.channels = append(e.channels, k)
	e.channelIDs[k] = id
	return id
}

// twin is a question that is asked of many hops: does the version of env x of
// this service, or of this consumer group, run? Answers are read from the
// sightings that count as that twin.
type twin struct {
	counts   []*sighting
	watchers []ref // hops that wait for the answer to change
	dirty    bool
}

func (t *twin) at(axis, start, window int64) presence {
	p := seenNever
	for _, s := range t.counts {
		p = max(p, s.at(axis, start, window))
	}
	return p
}

// serviceTwin is the question for an RPC hop.
func (e *Engine) serviceTwin(service uint16, env tagID) *twin {
	k := serviceSight(service, env)
	if t := e.twins[k]; t != nil {
		return t
	}
	if e.twinsLimit() {
		return &twin{}
	}
	counts := []*sighting{e.sighted(k)}
	text := e.services.text(service)
	if other := e.rules.twinService(text, e.tags.show(env)); other != text {
		counts = append(counts, e.sighted(serviceSight(e.services.id(other), env)))
	}
	return e.ask(k, counts)
}

// channelTwin is the question for a message hop: a consumer of that env in the
// same topic (or its shadow) and group family.
func (e *Engine) channelTwin(channel uint16, env tagID) *twin {
	k := channelSight(channel, env)
	if t := e.twins[k]; t != nil {
		return t
	}
	if e.twinsLimit() {
		return &twin{}
	}
	key, show := e.channels[channel], e.tags.show(env)
	topics := []uint16{key.topic, e.topics.id(e.rules.twinTopic(e.topics.text(key.topic), show))}
	if retryTopic(e.topics.text(key.topic)) {
		topics = []uint16{0} // the broker's own topics: any topic of the group counts
	}
	var counts []*sighting
	for _, topic := range topics {
		k := key
		k.topic = topic
		for _, k = range e.family(k, show) {
			if s := e.sighted(channelSight(e.channelID(k), env)); !slices.Contains(counts, s) {
				counts = append(counts, s)
			}
		}
	}
	return e.ask(k, counts)
}

// retryTopic reports RocketMQ's own topics of a group for retries and dead
// letters (facts/rocketmq.md: clients differ in whether they reset the name).
func retryTopic(t string) bool {
	return strings.HasPrefix(t, "%RETRY%") || strings.HasPrefix(t, "%DLQ%")
}

// sightConsumer notes a consumer at work in its topic, and in any topic.
func (e *Engine) sightConsumer(w *workload, channel uint16, axis, start int64) {
	if w.sightOf != channel || w.atWork == nil {
		w.sightOf, w.atWork, w.anywhere = channel, e.sighted(channelSight(channel, w.home)), nil
		if k := e.channels[channel]; k.group != 0 {
			k.topic = 0
			w.anywhere = e.sighted(channelSight(e.channelID(k), w.home))
		}
	}
	e.sight(w.atWork, axis, start)
	if w.anywhere != nil {
		e.sight(w.anywhere, axis, start)
	}
}

// family returns the key itself and its twin of an env.
func (e *Engine) family(k channelKey, env string) []channelKey {
	other := k
	if k.group != 0 {
		other.group = e.groups.id(e.rules.twinGroup(e.groups.text(k.group), env))
	} else {
		other.service = e.services.id(e.rules.twinService(e.services.text(k.service), env))
	}
	return []channelKey{k, other}
}

// twinsLimit reports that no more questions are kept. Of a twin that is not asked
// for nothing is known: a fallback, never a leak.
func (e *Engine) twinsLimit() bool {
	full := len(e.twins) >= 4*e.limits.MaxEdges
	e.twinsFull = e.twinsFull || full
	return full
}

func (e *Engine) ask(k sightKey, counts []*sighting) *twin {
	t := &twin{counts: counts}
	for _, s := range counts {
		s.asked = append(s.asked, t)
	}
	e.twins[k] = t
	return t
}

// sight notes that something was seen, and which waiting questions that touches.
func (e *Engine) sight(s *sighting, axis, start int64) {
	if s.within(axis, start) {
		return // no news
	}
	if s.see(axis, start, e.window.liveness) && e.mode == Streaming {
		s.forget(axis - 2*e.window.liveness)
	}
	for _, t := range s.asked {
		if len(t.watchers) > 0 && !t.dirty {
			t.dirty = true
			e.dirty = append(e.dirty, t)
		}
	}
}
