package auditor

// ruleProperty: the producer's span carries the tag as baggage, the message does
// not carry it as property, so broker filters are blind to it. Only where this
// property is known to be captured: the policy says so, or this producer has
// shown it on other tagged messages. A finding of its own on the producer's span;
// the hop to the consumer is judged as usual.
func ruleProperty(h *hop) ruling {
	r := ruling{slot: slotProperty}
	single := h.op == OpSend && h.span == KindProducer && !h.sentMany
	if !single || h.tag == envBase || h.prop == h.tag {
		return r
	}
	switch {
	case h.propSeen && h.prop != envBase:
		r.found = vMutation
	case h.propSeen || h.captured:
		r.found = vEscape
	default:
		return r
	}
	r.prop, r.env, r.where, r.proven = r.found, h.tag, WhereSender, true
	return r
}
