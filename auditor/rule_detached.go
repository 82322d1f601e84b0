package auditor

// ruleDetached: a producer or a client call without parent and without tag, from
// a tagged home, may be work that was handed to a bare thread or queue and left
// its context behind. A node's own cron job looks the same: suspected.
func ruleDetached(h *hop, r *ruling) bool {
	if h.report == reportNone || !h.detached() {
		return false
	}
	r.prop, r.env = vEscape, h.home
	return true
}
