package auditor

// rulePollution: traffic known to be baseline was done by a gray workload. For an
// entry span without any upstream (probes look like that) it is suspected at most.
func rulePollution(h *hop, p *place, r *ruling) bool {
	if p.env != envBase || h.home == envBase {
		return false
	}
	r.place = vPollution
	if h.neutral {
		r.place = vShared
	}
	return true
}
