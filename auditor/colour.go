package auditor

// colourClass is the kind of a colour (design.md section 2).
type colourClass uint8

const (
	// colOpen: not known yet; the upstream may still arrive.
	colOpen colourClass = iota
	// colUnknown: the window ended, or nothing can tell.
	colUnknown
	// colBaseline: known to be baseline.
	colBaseline
	// colTag: carries a tag.
	colTag
	// colLost: carried a tag and lost it.
	colLost
	// colProbe: probes and scrapers; no traffic.
	colProbe
)

// colour is what leaves a span, with how it is known: 4 bytes.
type colour struct {
	class colourClass
	how   how
	env   tagID
}

// how qualifies a colour.
type how uint8

const (
	// howDoubt: a premise was likely, not seen.
	howDoubt how = 1 << iota
	// howBlind: it came through a workload with neither home nor tags.
	howBlind
	// howSilent: it came through a workload that has a home and shows no tags.
	howSilent
	// howOrigin: it leaves an origin that shows no tag, and may have given one.
	howOrigin
	// howPassive: it leaves a span that is never upstream of anything.
	howPassive
	// howTold: a link's own tag tells it; the linked span may still arrive.
	howTold
)

// same reports whether two colours mean the same traffic, however known.
func (c colour) same(d colour) bool { return c.class == d.class && c.env == d.env }

// known reports whether a hop can be judged against it.
func (c colour) known() bool {
	return c.class == colBaseline || c.class == colTag || c.class == colLost
}

// colour is what leaves the span of the hop: the rules of design.md, "Colour".
func (h *hop) colour() colour {
	switch {
	case h.tag != envBase:
		return colour{class: colTag, env: h.tag}
	case h.probe:
		return colour{class: colProbe}
	case h.explicit:
		return h.explicitColour()
	case h.origin:
		return h.originColour()
	case h.report != reportNone:
		return h.reportedColour()
	case h.prop != envBase && h.entryOrProducer():
		// The message's own property stands in for the tag of a workload without.
		return colour{class: colTag, env: h.prop, how: howDoubt | howSilent}
	}
	return h.passedOn()
}

// doubt is howDoubt where what arrives is in doubt, or came through a silent
// workload, which may have got or given a tag.
func (h *hop) doubt() how {
	if h.up.how&(howDoubt|howSilent) != 0 {
		return howDoubt
	}
	return 0
}

func (h *hop) explicitColour() colour {
	doubt := h.doubt()
	switch {
	case h.origin:
		return colour{class: colBaseline, how: howOrigin}
	case h.up.class == colTag || h.up.class == colLost:
		return colour{class: colLost, env: h.up.env, how: doubt}
	case h.up.class != colBaseline && !h.root:
		doubt = howDoubt // the upstream that was not seen may have carried a tag
	}
	return colour{class: colBaseline, how: doubt}
}

func (h *hop) originColour() colour {
	switch h.report {
	case reportSame:
		return colour{class: colBaseline, how: howOrigin}
	case reportOther:
		return colour{class: colBaseline, how: howOrigin | howDoubt}
	}
	return colour{class: colUnknown, how: howOrigin} // it shows no tags: what it gave is told by the next that does
}

func (h *hop) reportedColour() colour {
	doubt := h.doubt()
	if h.report == reportOther {
		doubt = howDoubt
	}
	switch {
	case h.up.class == colTag || h.up.class == colLost:
		return colour{class: colLost, env: h.up.env, how: doubt}
	case h.detached():
		return colour{class: colLost, env: h.home, how: howDoubt}
	case h.state == upNone && !h.message():
		return colour{class: colBaseline, how: doubt}
	case h.up.class == colBaseline:
		return colour{class: colBaseline, how: doubt}
	case h.up.class == colProbe:
		return h.up
	case h.up.class == colUnknown && h.up.how&howOrigin != 0:
		return colour{class: colBaseline, how: howDoubt} // the chain leads to an origin
	case h.witness != envBase:
		return colour{class: colLost, env: h.witness, how: howDoubt}
	}
	return h.undecided()
}

// passedOn hands on what a workload without tags got.
func (h *hop) passedOn() colour {
	if h.state == upNone || !h.up.known() {
		if h.up.class == colProbe {
			return h.up
		}
		return h.undecided()
	}
	c := h.up // howOrigin too: the tag that the origin may have given is still not told
	if h.homeKnown {
		c.how |= howSilent
	} else {
		c.how |= howBlind
	}
	return c
}

func (h *hop) undecided() colour {
	if h.state == upOpen {
		return colour{class: colOpen}
	}
	return colour{class: colUnknown, how: h.up.how & howOrigin}
}
