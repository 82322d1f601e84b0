package auditor

// codeOf names the mechanism of a finding by the published precedence table
// (docs/verdicts.md, from catalogue.go): the first line whose evidence is there.
// Without evidence the code is empty, never guessed.
func codeOf(h *hop, r *ruling) Code {
	switch r.found {
	case vEscape:
		return escapeCode(h)
	case vInjection:
		return "R4"
	case vLeak:
		if !h.message() {
			return "R1"
		}
		return firstCode(messageCode(h), "M1")
	case vPollution:
		if !h.message() {
			return "R9"
		}
		return messageCode(h)
	case vCrossEnv:
		if h.message() {
			return messageCode(h)
		}
	}
	return ""
}

// messageCode tells the mechanism of a misplaced message by the special way
// that it came.
func messageCode(h *hop) Code {
	switch {
	case h.evidence.broadcast:
		return "M15"
	case h.evidence.dead:
		return "M11"
	case h.evidence.again:
		return "M10"
	case h.evidence.delayed:
		return "M12"
	case h.evidence.oneGroup:
		return "M6"
	}
	return ""
}

func escapeCode(h *hop) Code {
	switch {
	case h.root && !h.message():
		return "R3"
	case h.message() && h.links > 1:
		return "M9"
	case h.message() && h.sentMany:
		return "M8"
	case h.message() && h.evidence.dead:
		return "M11"
	case h.message() && h.evidence.again:
		return "M10"
	case h.up.how&howBlind != 0:
		return "R5"
	case h.linked:
		return "R7"
	case h.local && (h.span == KindClient || h.span == KindProducer):
		return "R2"
	case h.local && h.span == KindInternal:
		return "R3"
	}
	return ""
}

func firstCode(a, b Code) Code {
	if a != "" {
		return a
	}
	return b
}

// whereOf places the blame as far as the evidence goes.
func whereOf(h *hop, r *ruling) Where {
	switch r.found {
	case vLeak, vPollution, vCrossEnv:
		if h.message() {
			return WhereReceiver // its filter or group let the message through
		}
		return WhereRouter
	}
	interval := h.up.how&(howBlind|howSilent) != 0 || h.state != upSeen && !h.root
	switch {
	case interval:
		return WhereUnknown
	case h.local || h.root:
		return WhereInProcess
	case h.prop != envBase && h.prop == r.env, h.headers && h.header == r.env:
		return WhereReceiver // it arrived and was not restored
	case h.headers && h.header == envBase && h.upCarried:
		return WhereWire // it was sent with the tag and came without
	case h.headers && h.header == envBase:
		return WhereSender // the carrier was seen without it
	}
	return WhereUnknown
}
