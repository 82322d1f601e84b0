package auditor

import "testing"

func TestRuleCrossEnv(t *testing.T) {
	crossed := said{prop: vOK, place: vCrossEnv, found: vCrossEnv, proven: true, env: tagGray}
	suspected := crossed
	suspected.proven = false
	testRows(t, placedAlone(ruleCrossEnv), []row{
		{"traffic of tag x done by the workload of tag y", call(tagged1(tagGray), tagGray, tagBlue), true, crossed},
		{"tag = H is ok", call(tagged1(tagGray), tagGray, tagGray), false, said{prop: vOK, place: vOK}},
		{
			"a neutral service is baseline for everyone by design",
			call(tagged1(tagGray), tagGray, tagBlue).but(func(h *hop) { h.neutral = true }), false,
			said{prop: vOK, place: vOK},
		},
		{"a message likewise", delivery(tagged1(tagGray), tagGray, tagBlue), true, crossed},
		{"the upstream in doubt: suspected", call(tagged1(tagGray).with(howDoubt), tagGray, tagBlue), true, suspected},
		{
			"the upstream never seen: suspected",
			call(unknown1(), tagGray, tagBlue).but(func(h *hop) { h.state, h.final = upMissing, true }), true,
			said{prop: vUndecidable, propWhy: whyMissing, place: vCrossEnv, found: vCrossEnv, env: tagGray},
		},
		{
			"a root has no upstream: suspected",
			call(unknown1(), tagGray, tagBlue).but(func(h *hop) { h.state, h.root = upNone, true }), true,
			said{place: vCrossEnv, found: vCrossEnv, env: tagGray},
		},
		{"an origin gave the tag: both ends are seen", call(baseline1().with(howOrigin), tagGray, tagBlue), true, crossed},
		{
			"a batch of several colours: judged for each link with that message's tag",
			delivery(tagged1(tagGray), envBase, tagBlue).but(func(h *hop) { h.state, h.final, h.links = upMixed, true, 2 }), true,
			said{prop: vUndecidable, propWhy: whyMixed, place: vCrossEnv, found: vCrossEnv, proven: true, env: tagGray},
		},
		{
			"until all links are known a batch is at most suspected",
			delivery(tagged1(tagGray), envBase, tagBlue).but(func(h *hop) { h.state, h.final, h.links, h.allLinks = upMixed, true, 2, false }), true,
			said{prop: vUndecidable, propWhy: whyMixed, place: vCrossEnv, found: vCrossEnv, env: tagGray},
		},
		{
			"links that were dropped: suspected",
			delivery(tagged1(tagGray), envBase, tagBlue).but(func(h *hop) { h.state, h.final, h.links = upDropped, true, 2 }), true,
			said{prop: vUndecidable, propWhy: whyDropped, place: vCrossEnv, found: vCrossEnv, env: tagGray},
		},
	})
}
