package auditor

// ruleLeak: a gray message or request reached a baseline workload. Legal where
// the policy shares that workload, or where no twin was alive (fallback); a leak
// where a twin was, or where the policy forbids it even without one.
func ruleLeak(h *hop, p *place, r *ruling) bool {
	if p.env == envBase || h.home != envBase {
		return false
	}
	switch {
	case h.neutral || h.agreement == agreeServes:
		r.place = vShared
	case h.agreement == agreeIgnores || h.forbid || h.twinSure:
		r.place = vLeak
	case h.twin == seenNever:
		r.place = vFallback
	default:
		r.place = vLeak
		p.proven = p.proven && h.twin == seenAround
	}
	return true
}
