package auditor

// ruleEscape: a tag arrives and this span shows none, although its workload
// records tags (an explicit baseline value needs no such premise). The tag got
// lost on this hop. Proven needs tags seen on this very kind of span and an
// upstream that reported itself or came through none that is silent. A root that
// only links to the tagged span may be a trust boundary by intent: suspected.
func ruleEscape(h *hop, r *ruling) bool {
	if h.up.class != colTag || h.tag != envBase {
		return false
	}
	r.prop, r.env = vEscape, h.up.env
	r.proven = !h.linked && (h.report == reportSame || h.explicit) && h.up.how&(howDoubt|howSilent) == 0
	return true
}
