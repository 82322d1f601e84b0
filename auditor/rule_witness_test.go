package auditor

import "testing"

func TestRuleWitness(t *testing.T) {
	alone1 := step(unknown1(), envBase).but(func(h *hop) { h.state, h.witness, h.final = upMissing, tagGray, true })
	seen := said{prop: vEscape, found: vEscape, env: tagGray}
	testRows(t, alone(ruleWitness), []row{
		{"an escape is seen without any join: where the parent was not seen, suspected", alone1, true, seen},
		{"it does not wait for the other half", alone1.but(func(h *hop) { h.state, h.final, h.up = upOpen, false, colour{} }), true, seen},
		{
			"where the span shows the tag there is nothing lost", alone1.but(func(h *hop) { h.tag = tagGray }), false,
			said{prop: vUndecidable, propWhy: whyMissing},
		},
		{
			"a workload that is not reporting proves nothing by showing none", alone1.but(func(h *hop) { h.report = reportNone }), false,
			said{prop: vUndecidable, propWhy: whyMissing},
		},
		{
			"where the parent shows the same mismatch there is no finding", step(lost1(tagGray), envBase).but(func(h *hop) { h.witness = tagGray }), false,
			said{prop: vOK},
		},
		{
			"where the parent is known the ordinary rules judge", step(tagged1(tagGray), envBase).but(func(h *hop) { h.witness = tagGray }), false,
			said{prop: vEscape, found: vEscape, proven: true, env: tagGray},
		},
		{
			"behind an origin that records no tags somebody else may have written it",
			alone1.but(func(h *hop) { h.state, h.up = upSeen, unknown1().with(howOrigin) }), false,
			said{prop: vUndecidable, propWhy: whyUnknown},
		},
		{"a baseline parent outweighs the witness", step(baseline1(), envBase).but(func(h *hop) { h.witness = tagGray }), false, said{prop: vOK}},
		{"no witness, no escape", alone1.but(func(h *hop) { h.witness = envBase }), false, said{prop: vUndecidable, propWhy: whyMissing}},
	})
}
