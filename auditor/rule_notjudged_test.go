package auditor

import "testing"

func TestRuleNotJudged(t *testing.T) {
	not := func(why reasonID) said { return said{prop: vOK, place: vUndecidable, placeWhy: why} }
	rule := func(h *hop) bool {
		var r ruling
		propagation(h, &r)
		p := placed(h, &r)
		return ruleNotJudged(h, &p, &r)
	}
	testRows(t, rule, []row{
		{"H unknown", call(tagged1(tagGray), tagGray, envBase).but(func(h *hop) { h.homeKnown = false }), true, not(whyHome)},
		{
			"the colour unknown: the upstream was never seen",
			call(unknown1(), envBase, tagGray).but(func(h *hop) { h.state, h.final = upMissing, true }), true,
			said{prop: vUndecidable, propWhy: whyMissing, place: vUndecidable, placeWhy: whyMissing},
		},
		{
			"the colour unknown: the upstream's is",
			call(unknown1(), envBase, tagGray), true,
			said{prop: vUndecidable, propWhy: whyUnknown, place: vUndecidable, placeWhy: whyUnknown},
		},
		{
			"the colour unknown and the service silent",
			call(unknown1(), envBase, tagGray).but(func(h *hop) { h.report = reportNone }), true,
			said{prop: vUndecidable, propWhy: whyUnknown, place: vUndecidable, placeWhy: whySilent},
		},
		{
			"an origin decides the tag while its entry span runs",
			call(unknown1(), tagGray, envBase).but(func(h *hop) { h.origin, h.state, h.root = true, upNone, true }), true,
			said{place: vUndecidable, placeWhy: whyOrigin},
		},
		{
			"an origin inside a trace is judged like any other",
			call(tagged1(tagGray), tagGray, envBase).but(func(h *hop) { h.origin = true }), false,
			said{prop: vOK, place: vFallback},
		},
		{"after lost(x) placement is quiet, and judged", call(lost1(tagGray), envBase, tagBlue), true, said{prop: vOK, place: vOK}},
		{
			"a batch with a link of unknown colour",
			delivery(unknown1(), envBase, tagGray).but(func(h *hop) { h.state, h.final, h.links = upMixed, true, 2 }), true,
			said{prop: vUndecidable, propWhy: whyMixed, place: vUndecidable, placeWhy: whyMixed},
		},
		{"tag and home known", call(tagged1(tagGray), tagGray, tagGray), false, said{prop: vOK, place: vOK}},
	})
}
