package auditor

// ruleInjection: traffic known to be baseline shows a tag, and no origin gave it.
func ruleInjection(h *hop, r *ruling) bool {
	if h.up.class != colBaseline || h.tag == envBase {
		return false
	}
	r.prop, r.env = vInjection, h.tag
	r.proven = h.up.how == 0
	return true
}
