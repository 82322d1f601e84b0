package auditor

// verdictID is a Verdict in one byte.
type verdictID uint8

const (
	vNone verdictID = iota
	vOK
	vFallback
	vShared
	vUndecidable
	vInjection
	vMutation
	vEscape
	vPollution
	vCrossEnv
	vLeak
	vStranded
	verdictCount
)

func (v verdictID) violation() bool { return v >= vInjection }

// ruling is the outcome of the rules for one hop: both axes, and the one
// finding that it yields at most.
type ruling struct {
	prop, place       verdictID // vNone: the axis does not apply
	propWhy, placeWhy reasonID  // of vUndecidable
	found             verdictID // vNone or a violation
	effect            verdictID
	proven            bool
	root              bool  // there is no upstream reference: no hop
	held              bool  // there will be a finding unless something still arrives
	env               tagID // the tag that the traffic truly had
	slot              slotKind
	code              Code
	where             Where
}

// slotKind tells apart the findings that one span can have.
type slotKind uint8

const (
	slotParent slotKind = iota
	slotLink
	slotMessage
	slotProperty
	slotStranded
)

// judge applies the rules to one hop. It is pure: the same hop gives the same
// ruling. Propagation speaks first; what placement says of the same hop is then
// only its effect.
func judge(h *hop) ruling {
	r := ruling{root: h.state == upNone}
	if h.probe || h.up.class == colProbe && h.tag == envBase {
		return r // probes and scrapers are no traffic
	}
	propagation(h, &r)
	placement(h, &r)
	if !r.found.violation() {
		r.found = vNone
	}
	if r.found != vNone {
		if waits(h, &r) {
			r.held, r.found, r.effect = true, vNone, vNone
			return r
		}
		r.code = codeOf(h, &r)
		r.where = whereOf(h, &r)
	}
	return r
}

// propagation tries its rules in turn; the first that applies decides.
func propagation(h *hop, r *ruling) {
	switch {
	case ruleDetached(h, r):
	case h.state == upNone || h.upPassive && h.state == upSeen:
	case ruleOrigin(h, r):
	case ruleWitness(h, r):
	case ruleUnknown(h, r):
	case ruleMutation(h, r):
	case ruleInjection(h, r):
	case ruleEscape(h, r):
	default:
		r.prop = vOK
	}
	if r.prop.violation() {
		r.found = r.prop
	}
}

// placement judges entry spans: did the right workload do the work?
func placement(h *hop, r *ruling) {
	if !h.entry {
		return
	}
	p := placed(h, r)
	switch {
	case ruleNotJudged(h, &p, r):
	case ruleCrossEnv(h, &p, r):
	case ruleLeak(h, &p, r):
	case rulePollution(h, &p, r):
	default:
		r.place = vOK
	}
	if !r.place.violation() {
		return
	}
	if r.found == vNone {
		r.found, r.env = r.place, p.env
		r.proven = p.proven
	} else {
		r.effect = r.place
	}
}

// waits holds a finding back until the window ends where what is missing may
// still arrive and would change it (design.md, "Do not accuse early").
func waits(h *hop, r *ruling) bool {
	if h.final {
		return false
	}
	if h.up.how&howSilent != 0 {
		return true // the silent workload may yet show a tag
	}
	return (r.found == vPollution || r.found == vInjection) && (h.state != upSeen || h.up.how&howTold != 0)
}
