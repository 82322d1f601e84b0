package auditor

import "testing"

func TestRulePollution(t *testing.T) {
	polluted := said{prop: vOK, place: vPollution, found: vPollution, proven: true}
	suspected := polluted
	suspected.proven = false
	rootless := func(h *hop) { h.state, h.up, h.root = upNone, unknown1(), true }
	testRows(t, placedAlone(rulePollution), []row{
		{"traffic known to be baseline done by a gray workload", call(baseline1(), envBase, tagGray), true, polluted},
		{"a baseline message likewise", delivery(baseline1(), envBase, tagGray), true, polluted},
		{"baseline at home is ok", call(baseline1(), envBase, envBase), false, said{prop: vOK, place: vOK}},
		{"in doubt of the upstream: suspected", call(baseline1().with(howDoubt), envBase, tagGray), true, suspected},
		{
			"no tag at a silent service is not known",
			call(baseline1(), envBase, tagGray).but(func(h *hop) { h.report = reportNone }), false,
			said{prop: vOK, place: vUndecidable, placeWhy: whySilent},
		},
		{
			"an entry span without any upstream waits: probes look like that",
			call(unknown1(), envBase, tagGray).but(rootless), true,
			said{place: vPollution},
		},
		{
			"at the end of the pair window it is at most suspected",
			call(unknown1(), envBase, tagGray).but(rootless).but(func(h *hop) { h.final = true }), true,
			said{place: vPollution, found: vPollution},
		},
		{
			"the policy's ignore list keeps probes out",
			call(unknown1(), envBase, tagGray).but(rootless).but(func(h *hop) { h.final, h.probe = true, true }), false,
			said{},
		},
		{"a neutral gray workload is shared", call(baseline1(), envBase, tagGray).but(func(h *hop) { h.neutral = true }), true, said{prop: vOK, place: vShared}},
		{
			"pollution waits for the upstream",
			call(colour{}, envBase, tagGray).but(func(h *hop) { h.state = upOpen }), false,
			said{prop: vUndecidable, propWhy: whyMissing, place: vUndecidable, placeWhy: whyMissing},
		},
		{"traffic that lost its tag is no baseline", call(lost1(tagGray), envBase, tagGray), false, said{prop: vOK, place: vOK}},
	})
}
