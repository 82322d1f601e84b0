package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestColour: what leaves a span (design.md, "Colour").
func TestColour(t *testing.T) {
	root := func(change func(*hop)) hop {
		return step(unknown1(), envBase).but(func(h *hop) { h.state, h.root = upNone, true }).but(change)
	}
	for _, c := range []struct {
		name string
		hop  hop
		want colour
	}{
		{"a reporting span that shows tag x gives x", step(baseline1(), tagGray), tagged1(tagGray)},
		{"so does a span of unknown upstream", step(unknown1(), tagBlue), tagged1(tagBlue)},
		{"a reporting root without a tag gives baseline", root(func(h *hop) {}), baseline1()},
		{"evidence of another kind leaves doubt", root(func(h *hop) { h.report = reportOther }), baseline1().with(howDoubt)},
		{
			"an origin gives baseline, and may have given a tag", step(tagged1(tagGray), envBase).but(func(h *hop) { h.origin = true }),
			baseline1().with(howOrigin),
		},
		{"lost(x) if its upstream is x", step(tagged1(tagGray), envBase), lost1(tagGray)},
		{"lost(x) if its upstream is lost(x)", step(lost1(tagGray), envBase), lost1(tagGray)},
		{"a loss behind a silent workload is in doubt", step(tagged1(tagGray).with(howSilent), envBase), lost1(tagGray).with(howDoubt)},
		{"a loss behind a blind workload is none", step(tagged1(tagGray).with(howBlind), envBase), lost1(tagGray)},
		{"baseline if its upstream is", step(baseline1(), envBase), baseline1()},
		{"doubt is handed on", step(baseline1().with(howDoubt), envBase), baseline1().with(howDoubt)},
		{"what an origin may have given is settled by the next reporting span", step(baseline1().with(howOrigin), envBase), baseline1()},
		{"else unknown", step(unknown1(), envBase).but(func(h *hop) { h.state, h.final = upMissing, true }), unknown1()},
		{"open while the upstream may come", step(colour{}, envBase).but(func(h *hop) { h.state = upOpen }), colour{}},
		{
			"a span of a workload without tags hands on what it got: silent", step(tagged1(tagGray), envBase).but(func(h *hop) { h.report = reportNone }),
			tagged1(tagGray).with(howSilent),
		},
		{
			"a span of a workload without tags hands on what it got: blind",
			step(tagged1(tagGray), envBase).but(func(h *hop) { h.report, h.homeKnown = reportNone, false }), tagged1(tagGray).with(howBlind),
		},
		{"a blind root knows nothing", root(func(h *hop) { h.report, h.homeKnown = reportNone, false }), unknown1()},
		{"an explicit baseline value behind x: lost(x)", step(tagged1(tagGray), envBase).but(func(h *hop) { h.explicit, h.report = true, reportNone }), lost1(tagGray)},
		{"an explicit baseline value at a root", root(func(h *hop) { h.explicit, h.report = true, reportNone }), baseline1()},
		{
			"an explicit baseline value without upstream is in doubt",
			step(unknown1(), envBase).but(func(h *hop) { h.explicit, h.state = true, upMissing }), baseline1().with(howDoubt),
		},
		{
			"detached work of a gray home may have lost its tag",
			root(func(h *hop) { h.span, h.op, h.home = KindProducer, OpSend, tagGray }), lost1(tagGray).with(howDoubt),
		},
		{
			"the witness alone tells of a loss", step(unknown1(), envBase).but(func(h *hop) { h.state, h.witness = upMissing, tagGray }),
			lost1(tagGray).with(howDoubt),
		},
		{"a baseline upstream outweighs the witness", step(baseline1(), envBase).but(func(h *hop) { h.witness = tagGray }), baseline1()},
		{
			"the message's property stands in for the tag of a silent consumer",
			delivery(unknown1(), envBase, envBase).but(func(h *hop) { h.report, h.prop = reportNone, tagGray }), tagged1(tagGray).with(howDoubt | howSilent),
		},
		{"probes colour what they cause", step(colour{class: colProbe}, envBase), colour{class: colProbe}},
		{"a probe is a probe", root(func(h *hop) { h.probe = true }), colour{class: colProbe}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.hop.colour()) })
	}
}

func TestColourSame(t *testing.T) {
	require.True(t, tagged1(tagGray).same(tagged1(tagGray).with(howDoubt)), "how it is known is no difference")
	require.False(t, tagged1(tagGray).same(tagged1(tagBlue)))
	require.False(t, tagged1(tagGray).same(lost1(tagGray)))
	for c, known := range map[colourClass]bool{colOpen: false, colUnknown: false, colBaseline: true, colTag: true, colLost: true, colProbe: false} {
		require.Equal(t, known, colour{class: c}.known(), c)
	}
}
