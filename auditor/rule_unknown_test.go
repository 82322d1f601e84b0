package auditor

import "testing"

func TestRuleUnknown(t *testing.T) {
	why := func(r reasonID) said { return said{prop: vUndecidable, propWhy: r} }
	state := func(s upState) func(*hop) { return func(h *hop) { h.state, h.final = s, true } }
	testRows(t, alone(ruleUnknown), []row{
		{"upstream never seen in the window", step(unknown1(), tagGray).but(state(upMissing)), true, why(whyMissing)},
		{"upstream seen, its colour unknown", step(unknown1(), tagGray), true, why(whyUnknown)},
		{"upstream not seen yet", step(colour{}, envBase).but(func(h *hop) { h.state = upOpen }), true, why(whyMissing)},
		{"a batch of several colours, even where this link's is known", step(tagged1(tagGray), tagGray).but(state(upMixed)), true, why(whyMixed)},
		{"a batch whose links were dropped", step(tagged1(tagGray), envBase).but(state(upDropped)), true, why(whyDropped)},
		{
			"this workload has a home and never shows a tag: silent",
			step(tagged1(tagGray), envBase).but(func(h *hop) { h.report = reportNone }), true, why(whySilent),
		},
		{
			"this workload has neither home nor tags",
			step(tagged1(tagGray), envBase).but(func(h *hop) { h.report, h.homeKnown = reportNone, false }), true, why(whyNoTags),
		},
		{
			"a silent workload that shows an explicit baseline value has spoken",
			step(tagged1(tagGray), envBase).but(func(h *hop) { h.report, h.explicit = reportNone, true }), false,
			said{prop: vEscape, found: vEscape, proven: true, env: tagGray},
		},
		{
			"a silent workload behind baseline could not lose anything",
			step(baseline1(), envBase).but(func(h *hop) { h.report = reportNone }), false,
			said{prop: vOK},
		},
		{"lost(x) is known", step(lost1(tagGray), envBase), false, said{prop: vOK}},
	})
}
