package auditor

// ruleUnknown: without a known upstream nothing is concluded, and a workload
// that records no tags proves nothing by showing none. Unknown is not a pass.
func ruleUnknown(h *hop, r *ruling) bool {
	switch {
	case h.state == upMixed || h.state == upDropped || !h.up.known():
		r.propWhy = h.unseenReason()
	case h.up.class == colTag && h.tag == envBase && !h.explicit && h.report == reportNone:
		r.propWhy = whyNoTags
		if h.homeKnown {
			r.propWhy = whySilent
		}
	default:
		return false
	}
	r.prop = vUndecidable
	return true
}

// unseenReason says why the upstream is not known.
func (h *hop) unseenReason() reasonID {
	switch h.state {
	case upMixed:
		return whyMixed
	case upDropped:
		return whyDropped
	case upSeen:
		return whyUnknown
	}
	return h.missing()
}

// missing is the reason where an upstream was never seen.
func (h *hop) missing() reasonID {
	if h.blind {
		return whyRestart
	}
	return whyMissing
}
