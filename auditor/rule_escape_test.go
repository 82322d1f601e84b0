package auditor

import "testing"

func TestRuleEscape(t *testing.T) {
	gray := tagged1(tagGray)
	lost := said{prop: vEscape, found: vEscape, proven: true, env: tagGray}
	suspected := lost
	suspected.proven = false
	testRows(t, alone(ruleEscape), []row{
		{"U is tag x, T is none, this workload is reporting: the tag got lost on this hop", step(gray, envBase), true, lost},
		{
			"evidence from another kind makes the finding suspected",
			step(gray, envBase).but(func(h *hop) { h.report = reportOther }), true, suspected,
		},
		{
			"an explicit baseline value needs no evidence of reporting",
			step(gray, envBase).but(func(h *hop) { h.report, h.explicit = reportNone, true }), true, lost,
		},
		{
			"proven needs an unbroken upstream: in doubt it is suspected",
			step(gray.with(howDoubt), envBase), true, suspected,
		},
		{
			"a workload without a home is transparent: a loss after it is proven, its place an interval",
			step(gray.with(howBlind), envBase), true, lost,
		},
		{
			"through a silent workload the verdict is suspected",
			step(gray.with(howSilent), envBase).but(func(h *hop) { h.final = true }), true, suspected,
		},
		{
			"through a silent workload the verdict waits until the pair window closes",
			step(gray.with(howSilent), envBase), true,
			said{prop: vEscape, env: tagGray},
		},
		{
			"a root that only links to the tagged span may be a trust boundary: suspected",
			step(gray, envBase).but(func(h *hop) { h.linked = true }), true, suspected,
		},
		{"T = U is ok", step(gray, tagGray), false, said{prop: vOK}},
		{"U is baseline and no tag shown: nothing could get lost", step(baseline1(), envBase), false, said{prop: vOK}},
		{"U is lost(x) and no tag shown: blamed already", step(lost1(tagGray), envBase), false, said{prop: vOK}},
		{
			"the effect of an escape is what placement says of the same hop",
			call(gray, envBase, envBase).but(func(h *hop) { h.twin = seenAround }), true,
			said{prop: vEscape, place: vLeak, found: vEscape, effect: vLeak, proven: true, env: tagGray},
		},
		{
			"an escape at the right home has no effect", call(gray, envBase, tagGray), true,
			said{prop: vEscape, place: vOK, found: vEscape, proven: true, env: tagGray},
		},
		{
			"an escape to the workload of tag y has the effect cross_env", call(gray, envBase, tagBlue), true,
			said{prop: vEscape, place: vCrossEnv, found: vEscape, effect: vCrossEnv, proven: true, env: tagGray},
		},
		{
			"a twin seen only before or only after does not weaken the escape itself",
			call(gray, envBase, envBase).but(func(h *hop) { h.twin = seenOneWay }), true,
			said{prop: vEscape, place: vLeak, found: vEscape, effect: vLeak, proven: true, env: tagGray},
		},
	})
}
