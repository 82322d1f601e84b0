package auditor

// ruleNotJudged: placement needs a home and a known colour. At an origin the tag
// is decided while the entry span runs, so its own entry is not held against it.
// After lost(x) placement is quiet: what follows a loss is no new fault.
func ruleNotJudged(h *hop, p *place, r *ruling) bool {
	switch {
	case h.origin && h.state == upNone:
		r.placeWhy = whyOrigin
	case !h.homeKnown:
		r.placeWhy = whyHome
	case !p.known:
		r.placeWhy = p.why
	case p.quiet:
		r.place = vOK
		return true
	default:
		return false
	}
	r.place = vUndecidable
	return true
}
