package auditor

import "testing"

func TestRuleOrigin(t *testing.T) {
	origin := func(h *hop) { h.origin = true }
	testRows(t, alone(ruleOrigin), []row{
		{"an origin may give a tag", step(baseline1(), tagGray).but(origin), true, said{prop: vOK}},
		{"an origin may change a tag", step(tagged1(tagGray), tagBlue).but(origin), true, said{prop: vOK}},
		{"an origin may remove a tag", step(tagged1(tagGray), envBase).but(origin), true, said{prop: vOK}},
		{
			"its hops are judged even where the upstream is missing",
			step(unknown1(), envBase).but(func(h *hop) { h.origin, h.state, h.final = true, upMissing, true }), true,
			said{prop: vOK},
		},
		{"the child of an origin may show the tag that it gave later", step(baseline1().with(howOrigin), tagGray), true, said{prop: vOK}},
		{"the child of an origin may be baseline", step(baseline1().with(howOrigin), envBase), false, said{prop: vOK}},
		{
			"any other service may not", step(baseline1(), tagGray), false,
			said{prop: vInjection, found: vInjection, proven: true, env: tagGray},
		},
	})
}
