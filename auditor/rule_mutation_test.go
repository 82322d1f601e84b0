package auditor

import "testing"

func TestRuleMutation(t *testing.T) {
	changed := said{prop: vMutation, found: vMutation, proven: true, env: tagGray}
	suspected := changed
	suspected.proven = false
	testRows(t, alone(ruleMutation), []row{
		{"both tagged, different", step(tagged1(tagGray), tagBlue), true, changed},
		{"both tagged, the same, is ok", step(tagged1(tagGray), tagGray), false, said{prop: vOK}},
		{"in doubt of the upstream it is suspected", step(tagged1(tagGray).with(howDoubt), tagBlue), true, suspected},
		{"through a blind workload both ends are still seen", step(tagged1(tagGray).with(howBlind), tagBlue), true, changed},
		{
			"through a silent workload it waits for the end of the window",
			step(tagged1(tagGray).with(howSilent), tagBlue), true,
			said{prop: vMutation, env: tagGray},
		},
		{
			"through a silent workload it is suspected in the end",
			step(tagged1(tagGray).with(howSilent), tagBlue).but(func(h *hop) { h.final = true }), true, suspected,
		},
		{"after a loss another tag is suspected", step(lost1(tagGray), tagBlue), true, suspected},
		{"after a loss the same tag again is ok", step(lost1(tagGray), tagGray), false, said{prop: vOK}},
		{
			"an explicit baseline value is no tag", step(tagged1(tagGray), envBase).but(func(h *hop) { h.explicit = true }), false,
			said{prop: vEscape, found: vEscape, proven: true, env: tagGray},
		},
		{
			"placement asks for the tag that the span shows: at home there is no effect", call(tagged1(tagGray), tagBlue, tagBlue), true,
			said{prop: vMutation, place: vOK, found: vMutation, proven: true, env: tagGray},
		},
		{
			"placement at the old home is the effect", call(tagged1(tagGray), tagBlue, tagGray), true,
			said{prop: vMutation, place: vCrossEnv, found: vMutation, effect: vCrossEnv, proven: true, env: tagGray},
		},
	})
}
