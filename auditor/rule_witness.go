package auditor

// ruleWitness: baggage is fragile, trace state is not. A reporting span whose
// tracestate says dye=x and which shows no tag lost it here or, where the parent
// was not seen, somewhere before: then the blame is an interval and the escape
// suspected. Where the parent is known the ordinary rules judge; where it may
// have been lost with a process, the loss may have been told there already. An
// origin that records no tags may have got a trace state that somebody else wrote.
func ruleWitness(h *hop, r *ruling) bool {
	bare := h.tag == envBase && h.report != reportNone && h.witness != envBase
	if !bare || h.up.known() || h.up.how&howOrigin != 0 || h.upPassive || h.blind {
		return false
	}
	r.prop, r.env = vEscape, h.witness
	return true
}
