package auditor

// ruleMutation: both ends carry tags, and they differ. After a loss the tag that
// reappears must be the one that was lost; else it is suspected.
func ruleMutation(h *hop, r *ruling) bool {
	if h.tag == envBase || h.up.class != colTag && h.up.class != colLost || h.up.env == h.tag {
		return false
	}
	r.prop, r.env = vMutation, h.up.env
	r.proven = h.up.class == colTag && h.up.how&(howDoubt|howSilent) == 0
	return true
}
