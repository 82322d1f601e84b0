package auditor

import "testing"

func TestRuleInjection(t *testing.T) {
	shown := said{prop: vInjection, found: vInjection, proven: true, env: tagGray}
	suspected := shown
	suspected.proven = false
	testRows(t, alone(ruleInjection), []row{
		{"U is baseline, T tagged", step(baseline1(), tagGray), true, shown},
		{"U is baseline, T none, is ok", step(baseline1(), envBase), false, said{prop: vOK}},
		{"a baseline in doubt: suspected", step(baseline1().with(howDoubt), tagGray), true, suspected},
		{"through a blind workload the tag may be its own: suspected", step(baseline1().with(howBlind), tagGray), true, suspected},
		{"through a silent workload it waits", step(baseline1().with(howSilent), tagGray), true, said{prop: vInjection, env: tagGray}},
		{"and is suspected in the end", step(baseline1().with(howSilent), tagGray).but(func(h *hop) { h.final = true }), true, suspected},
		{
			"do not accuse early: without the upstream there is none",
			step(colour{}, tagGray).but(func(h *hop) { h.state = upOpen }), false,
			said{prop: vUndecidable, propWhy: whyMissing},
		},
		{
			"nor when the window has ended without it",
			step(unknown1(), tagGray).but(func(h *hop) { h.state, h.final = upMissing, true }), false,
			said{prop: vUndecidable, propWhy: whyMissing},
		},
		{"behind an origin the tag may be given", step(baseline1().with(howOrigin), tagGray), true, said{prop: vOK}},
		{
			"injected traffic at the tag's own home is in place", call(baseline1(), tagGray, tagGray), true,
			said{prop: vInjection, place: vOK, found: vInjection, proven: true, env: tagGray},
		},
	})
}
