package auditor

import "testing"

func TestRuleLeak(t *testing.T) {
	served := func(change func(*hop)) hop { return call(tagged1(tagGray), tagGray, envBase).but(change) }
	place := func(v verdictID) said { return said{prop: vOK, place: v} }
	leak := said{prop: vOK, place: vLeak, found: vLeak, proven: true, env: tagGray}
	suspected := leak
	suspected.proven = false
	testRows(t, placedAlone(ruleLeak), []row{
		{"tagged, H = baseline, and no twin was alive: legal fallback", served(func(h *hop) {}), true, place(vFallback)},
		{"tagged, H = baseline, and a twin was alive: a leak", served(func(h *hop) { h.twin = seenAround }), true, leak},
		{"a twin seen only before or only after gives a suspected leak", served(func(h *hop) { h.twin = seenOneWay }), true, suspected},
		{"a twin declared in the policy was alive", served(func(h *hop) { h.twinSure = true }), true, leak},
		{"a declared twin outweighs a sighting on one side", served(func(h *hop) { h.twinSure, h.twin = true, seenOneWay }), true, leak},
		{"the policy forbids fallback: a leak without a twin", served(func(h *hop) { h.forbid = true }), true, leak},
		{"strict: never, even without a twin", served(func(h *hop) { h.agreement = agreeIgnores }), true, leak},
		{"this baseline group takes gray by agreement", served(func(h *hop) { h.agreement, h.twin = agreeServes, seenAround }), true, place(vShared)},
		{"agreement holds although the policy forbids fallback", served(func(h *hop) { h.agreement, h.forbid = agreeServes, true }), true, place(vShared)},
		{"a neutral service is shared", served(func(h *hop) { h.neutral, h.twin = true, seenAround }), true, place(vShared)},
		{"tag = H is ok", call(tagged1(tagGray), tagGray, tagGray), false, place(vOK)},
		{"baseline at baseline is ok", call(baseline1(), envBase, envBase).but(func(h *hop) { h.twin = seenAround }), false, place(vOK)},
		{"a gray message reached a baseline consumer", delivery(tagged1(tagGray), tagGray, envBase).but(func(h *hop) { h.twin = seenAround }), true, leak},
		{
			"the upstream in doubt: suspected",
			call(tagged1(tagGray).with(howDoubt), tagGray, envBase).but(func(h *hop) { h.twin = seenAround }), true, suspected,
		},
		{
			"the upstream is a receive span: suspected",
			call(unknown1(), tagGray, envBase).but(func(h *hop) { h.twin, h.upPassive = seenAround, true }), true,
			said{place: vLeak, found: vLeak, env: tagGray},
		},
		{
			"after lost(x) placement is quiet: what follows a loss is its consequence",
			call(lost1(tagGray), envBase, envBase).but(func(h *hop) { h.twin = seenAround }), false, place(vOK),
		},
		{
			"at a silent baseline service the tag is the upstream's: suspected",
			call(tagged1(tagGray), envBase, envBase).but(func(h *hop) { h.report, h.twin = reportNone, seenAround }), true,
			said{prop: vUndecidable, propWhy: whySilent, place: vLeak, found: vLeak, env: tagGray},
		},
	})
}
