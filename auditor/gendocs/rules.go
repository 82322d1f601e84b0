package main

import "github.com/dyetrace/dyetrace/auditor"

// ruleLine is one rule in the order in which it is asked.
type ruleLine struct {
	Axis auditor.Axis
	File string // in package auditor
	Does string
}

// ruleLines lists every rule, helpers included, axis by axis in the order of
// judge.go; the first that applies decides.
func ruleLines() []ruleLine {
	const prop, place, kept = auditor.AxisPropagation, auditor.AxisPlacement, auditor.AxisConservation
	return []ruleLine{
		{prop, "rule_detached.go", "a producer or call without parent and tag from a gray home: `escape`, suspected"},
		{prop, "rule_origin.go", "an origin's own hop, and a tag right after an origin that showed none: `ok`"},
		{prop, "rule_witness.go", "the upstream is not known, but the trace state says `dye=x` and the span shows no tag: `escape`, suspected"},
		{prop, "rule_unknown.go", "the upstream is not known, or the workload records no tags: `undecidable`, with the reason"},
		{prop, "rule_mutation.go", "both ends are tagged and differ: `mutation`"},
		{prop, "rule_injection.go", "baseline arrives, a tag shows: `injection`"},
		{prop, "rule_escape.go", "a tag arrives, none shows: `escape`"},
		{prop, "rule_property.go", "beside the hop, on a producer's span: the message carries no property for its tag (`escape`), or that of another (`mutation`); slot `property`"},
		{place, "rule_notjudged.go", "an origin's entry, no home, or no known colour: `undecidable`; after a loss that was blamed before: `ok`"},
		{place, "rule_crossenv.go", "tag x at home y: `cross_env`"},
		{place, "rule_leak.go", "a tag at a baseline home: `ok_shared`, `leak` or `ok_fallback`"},
		{place, "rule_pollution.go", "baseline at a gray home: `pollution`, or `ok_shared` if neutral"},
		{kept, "rule_stranded.go", "a consumer that should have a tagged message did not take it: `stranded`"},
	}
}

// provenWhen says of each violation which premises must have been seen.
func provenWhen() map[auditor.Verdict]string {
	const tagSure = "this span shows the tag, and so did its upstream, which was seen (or the upstream is an origin), without doubt and without a silent workload between them"
	return map[auditor.Verdict]string{
		auditor.VerdictLeak:      tagSure + "; and the twin was seen both before and after within the liveness window, or the policy declares it (`alive`) or forbids the hop (`ignores`, `fallback: forbid`).",
		auditor.VerdictCrossEnv:  tagSure + ".",
		auditor.VerdictEscape:    "the upstream's tag is known without doubt and came through no silent workload; this workload has shown tags on spans of this very kind, is declared to report, or shows an explicit baseline value; and the upstream is not only linked to by a SERVER root. An escape by the trace state alone, or of detached work, is always suspected; a message property that is missing where it is known to be captured is proven.",
		auditor.VerdictPollution: "the upstream was seen, and its traffic is known to be baseline without doubt: an unbroken chain leads to a reporting root or to an origin. At a silent gray workload nothing is concluded.",
		auditor.VerdictMutation:  "the upstream's tag is known without doubt and came through no silent workload. After a loss it is suspected. A message property that differs from its producer's tag is proven.",
		auditor.VerdictInjection: "the upstream is known to be baseline without doubt, and came through no workload without tags.",
		auditor.VerdictStranded:  "never: a missing span is no proof of a missing consumer.",
	}
}

// order is the precedence of codes for findings of some verdicts: the first
// whose evidence is there.
type order struct {
	On       string // the hops it is about
	Verdicts []auditor.Verdict
	Codes    []auditor.Code
}

// orders says code.go and rule_stranded.go in a table; a test holds both
// together.
func orders() []order {
	verdicts := func(v ...auditor.Verdict) []auditor.Verdict { return v }
	codes := func(c ...auditor.Code) []auditor.Code { return c }
	return []order{
		{"calls and work inside a process", verdicts(auditor.VerdictEscape), codes("R3", "R5", "R7", "R2")},
		{"messages", verdicts(auditor.VerdictEscape), codes("M9", "M8", "M11", "M10", "R5")},
		{"all", verdicts(auditor.VerdictInjection), codes("R4")},
		{"all", verdicts(auditor.VerdictMutation), nil},
		{"calls", verdicts(auditor.VerdictLeak), codes("R1")},
		{"messages", verdicts(auditor.VerdictLeak), codes("M15", "M11", "M10", "M12", "M6", "M1")},
		{"calls", verdicts(auditor.VerdictPollution), codes("R9")},
		{"messages", verdicts(auditor.VerdictPollution, auditor.VerdictCrossEnv), codes("M15", "M11", "M10", "M12", "M6")},
		{"messages", verdicts(auditor.VerdictStranded), codes("M12", "M4", "M5")},
	}
}
