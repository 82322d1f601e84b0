package auditor

import "slices"

// workload is an interned resource with what was learned of it.
type workload struct {
	service   uint16
	home      tagID
	homeKnown bool
	homeText  string
	declared  bool // gray.reporting on the resource
	alive     *sighting
	tags      *reporter
	blocked   uint64 // hops that could not be judged because it shows no tags
	lastSent  lastChannel
	lastTaken lastChannel
	processOf uint16    // the channel that it was last noted to process from
	sightOf   uint16    // the channel of atWork and anywhere
	atWork    *sighting // its consumers there
	anywhere  *sighting // its consumers of that group in any topic
	// Most hops come by the same edge as the one before: local hops, and others.
	lastEdge [2]struct {
		key  edgeKey
		edge *edge
	}
}

// reporter holds where tags were seen: for each span kind, and on the captured
// property of tagged messages.
type reporter struct {
	kinds    [6]sighting
	property sighting
}

// workloadKey is the identity of a workload: instances are not told apart.
type workloadKey struct {
	service   uint16
	home      tagID
	homeKnown bool
	declared  bool
	baseline  string // how its home says so: what is shown must not depend on who came first
}

// Resource interns a resource; the same content gives the same id.
func (e *Engine) Resource(r Resource) ResourceID {
	home := r.Home
	if !home.Present && e.rules.policy.HomeMissing == HomeMissingBaseline {
		home = Reading{Present: true}
	}
	key := workloadKey{service: e.services.id(r.Service), homeKnown: home.Present, declared: r.Reporting}
	if home.Present {
		key.home = e.tags.env(home.Value)
	}
	if r.Home.Present && key.home == envBase {
		key.baseline = e.baselineName(r.Home.Value)
	}
	if id, ok := e.workloadIDs[key]; ok {
		return ResourceID(id)
	}
	if len(e.workloads) >= e.limits.MaxResources {
		e.workloadsFull = true
		return 0
	}
	id := uint16(len(e.workloads))
	w := workload{service: key.service, home: key.home, homeKnown: key.homeKnown, declared: r.Reporting}
	w.homeText = key.baseline
	if key.home != envBase {
		w.homeText = e.tags.show(key.home)
	}
	w.alive = e.sighted(serviceSight(key.service, key.home))
	w.tags = e.reporterOf(key)
	e.workloads = append(e.workloads, w)
	e.workloadIDs[key] = id
	return ResourceID(id)
}

// baselineName is a baseline home as the policy writes it, else empty.
func (e *Engine) baselineName(home string) string {
	if i := slices.Index(e.rules.policy.Baseline, home); i >= 0 {
		return e.rules.policy.Baseline[i]
	}
	return ""
}

// reporterOf shares what is learned of tags among a service's workloads, or of
// its home only where the policy asks for that.
func (e *Engine) reporterOf(key workloadKey) *reporter {
	id := uint32(key.service) << 16
	if e.rules.policy.ReportingEvidence == EvidenceHome {
		id |= uint32(key.home) + 1
	}
	r := e.reporters[id]
	if r == nil {
		r = &reporter{}
		e.reporters[id] = r
	}
	return r
}

// reports tells how well a workload is known to record tags on spans of a kind.
// A workload without home needs evidence of that kind; else it is transparent.
func (e *Engine) reports(w *workload, k Kind, c *rules, axis int64) reporting {
	if e.reportsSame(w, k, c, axis, axis) {
		return reportSame
	}
	if !w.homeKnown {
		return reportNone
	}
	for i := range w.tags.kinds {
		if w.tags.kinds[i].near(axis, e.window.liveness) {
			return reportOther
		}
	}
	return reportNone
}

// reportsSame tells whether a workload would show a tag on spans of the very kind at
// all moments of the axis between two.
func (e *Engine) reportsSame(w *workload, k Kind, c *rules, from, to int64) bool {
	return w.declared || c.service(w.service, &e.services).reporting || w.tags.kinds[k].throughout(from, to, e.window.liveness)
}

// captures tells whether messages of a workload are known to show the tag's property.
func (e *Engine) captures(w *workload, axis int64) bool {
	return len(e.rules.policy.CapturedProperties) > 0 || w.tags.property.near(axis, e.window.liveness)
}

// sightKey names a sighting: a service or a consumer channel, and a home.
type sightKey uint64

func serviceSight(service uint16, home tagID) sightKey {
	return sightKey(service)<<16 | sightKey(home)
}

func channelSight(channel uint16, home tagID) sightKey {
	return 1<<40 | sightKey(channel)<<16 | sightKey(home)
}

func (e *Engine) sighted(k sightKey) *sighting {
	s := e.sightings[k]
	if s == nil {
		s = &sighting{}
		e.sightings[k] = s
	}
	return s
}
