package auditor

// ruleCrossEnv: traffic of tag x done by the workload of tag y.
func ruleCrossEnv(h *hop, p *place, r *ruling) bool {
	if p.env == envBase || h.home == envBase || h.home == p.env || h.neutral {
		return false
	}
	r.place = vCrossEnv
	return true
}
