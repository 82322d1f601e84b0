package auditor

// place is the question of the placement axis: whose traffic, done where.
type place struct {
	env    tagID // the tag that the traffic truly had
	known  bool
	quiet  bool // the loss was blamed before: what follows is its consequence
	proven bool // as far as the traffic's colour goes
	why    reasonID
}

// placed finds the tag that the traffic truly had: T, or x where this hop or one
// before it lost x.
func placed(h *hop, r *ruling) place {
	carried := h.state == upSeen && !h.upPassive
	switch {
	case h.state == upMixed || h.state == upDropped:
		return h.placedLink()
	case h.tag != envBase:
		sure := carried && (h.up.class == colTag && h.up.env == h.tag || h.up.how&howOrigin != 0)
		return place{env: h.tag, known: true, proven: sure && h.up.how&(howDoubt|howSilent) == 0}
	case r.prop == vEscape:
		return place{env: r.env, known: true, proven: r.proven}
	}
	c := h.colour()
	switch c.class {
	case colLost:
		return place{env: c.env, known: true, quiet: true}
	case colTag:
		return place{env: c.env, known: true}
	case colBaseline:
		if h.report == reportNone && !h.explicit && h.home != envBase {
			return place{why: whySilent} // no tag at a silent service is not known
		}
		return place{known: true, proven: carried && c.how&howDoubt == 0}
	}
	return place{why: h.unknownReason()}
}

// placedLink is the message of one link, where the batch has several colours or
// is incomplete: the span's own tag says nothing of this message.
func (h *hop) placedLink() place {
	if !h.up.known() {
		return place{why: h.unknownReason()}
	}
	return place{
		env: h.up.env, known: true, quiet: h.up.class == colLost,
		proven: h.state == upMixed && h.allLinks && h.up.how == 0,
	}
}

// unknownReason says why the colour of a hop is unknown.
func (h *hop) unknownReason() reasonID {
	switch {
	case h.state == upMixed:
		return whyMixed
	case h.state == upDropped:
		return whyDropped
	case h.state == upMissing || h.state == upNone || h.state == upOpen:
		return h.missing()
	case h.report == reportNone && h.homeKnown:
		return whySilent
	}
	return whyUnknown
}
