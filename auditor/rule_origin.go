package auditor

// ruleOrigin: an origin may give, change or remove a tag. Its own hops are ok,
// and so is the hop to a span that shows the tag which the origin may have given
// after its own span began.
func ruleOrigin(h *hop, r *ruling) bool {
	if h.origin || h.up.how&howOrigin != 0 && h.tag != envBase {
		r.prop = vOK
		return true
	}
	return false
}
