package auditor

// Verdict is what the auditor says of one hop (design.md section 2).
type Verdict string

// The verdicts. The empty Verdict means "none".
const (
	VerdictOK          Verdict = "ok"
	VerdictOKFallback  Verdict = "ok_fallback"
	VerdictOKShared    Verdict = "ok_shared"
	VerdictEscape      Verdict = "escape"
	VerdictMutation    Verdict = "mutation"
	VerdictInjection   Verdict = "injection"
	VerdictLeak        Verdict = "leak"
	VerdictPollution   Verdict = "pollution"
	VerdictCrossEnv    Verdict = "cross_env"
	VerdictStranded    Verdict = "stranded"
	VerdictUndecidable Verdict = "undecidable"
)

// Severity is how bad a verdict is for the users of an environment.
type Severity string

// The severities; verdicts that are no violations are SeverityNone.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityNone     Severity = "none"
)

// Entry is a verdict's line in the catalogue, from which docs, reports and
// dashboards are generated.
type Entry struct {
	Verdict  Verdict
	Axis     Axis // empty where the verdict stands on several
	Severity Severity
	Title    string
	Explain  string // what it means, one sentence
	Advice   string // what to do about it, one sentence
	Anchor   string // in docs/verdicts.md
	Rule     string // file of its rule in package auditor
}

// Catalogue returns all verdicts: violations first, the most severe leading. The
// caller owns the result.
func Catalogue() []Entry {
	return []Entry{
		{VerdictLeak, AxisPlacement, SeverityCritical, "Gray traffic at baseline", "Tagged traffic was served by a baseline workload although its twin was alive, or the policy forbids it.", "For messages check the baseline group's filter and its ignored tags; for calls check the caller's router.", "leak", "rule_leak.go"},
		{VerdictCrossEnv, AxisPlacement, SeverityCritical, "Traffic of another environment", "Traffic of one tag was served by the workload of another tag.", "Check the labels of the workload and the filter or router that chose it.", "cross_env", "rule_crossenv.go"},
		{VerdictEscape, AxisPropagation, SeverityHigh, "Tag lost", "A tag arrived at this hop and none left it: from here on the traffic looks like baseline.", "Look at the place that the blame names: a bare thread or queue, a sender that does not inject baggage, a receiver that does not restore it.", "escape", "rule_escape.go"},
		{VerdictPollution, AxisPlacement, SeverityHigh, "Baseline traffic at gray", "Traffic known to be baseline was served by a gray workload.", "Check the gray group's filter and start position, or the router's fallback in the other direction.", "pollution", "rule_pollution.go"},
		{VerdictMutation, AxisPropagation, SeverityHigh, "Tag changed", "The tag after this hop is another one than before it, and no origin changed it.", "Look for shared maps or thread-locals that carry the tag of another request.", "mutation", "rule_mutation.go"},
		{VerdictInjection, AxisPropagation, SeverityMedium, "Tag from nowhere", "Traffic known to be baseline carries a tag after this hop, and no origin gave it.", "If this service may give tags, list it under origins; else look for a context that was not cleared.", "injection", "rule_injection.go"},
		{VerdictStranded, AxisConservation, SeverityMedium, "Message not consumed", "A tagged message was not processed within its window by a consumer group that should have it.", "Check whether the gray consumer runs, its start position, and whether filtered messages were passed over.", "stranded", "rule_stranded.go"},
		{VerdictOK, "", SeverityNone, "In order", "The tag survived the hop, or the right workload did the work.", "", "ok", "judge.go"},
		{VerdictOKFallback, AxisPlacement, SeverityNone, "Legal fallback", "Tagged traffic was served by baseline because no twin was alive at that time.", "", "ok_fallback", "rule_leak.go"},
		{VerdictOKShared, AxisPlacement, SeverityNone, "Shared by agreement", "The policy says that this baseline workload serves the tag, or that it is neutral.", "", "ok_shared", "rule_leak.go"},
		{VerdictUndecidable, "", SeverityNone, "Cannot be known", "A premise was not seen; it counts against coverage, never as a pass.", "See the reasons below.", "undecidable", "rule_unknown.go"},
	}
}

// Reason says why a hop was not judged.
type Reason string

// The reasons.
const (
	ReasonUpstreamMissing Reason = "upstream_missing"
	ReasonUpstreamUnknown Reason = "upstream_unknown"
	ReasonSilent          Reason = "silent"
	ReasonNoTags          Reason = "no_tags"
	ReasonMixedBatch      Reason = "mixed_batch"
	ReasonLinksDropped    Reason = "links_dropped"
	ReasonHomeUnknown     Reason = "home_unknown"
	ReasonOrigin          Reason = "origin"
	ReasonEvicted         Reason = "evicted"
	ReasonRestart         Reason = "restart"
	ReasonRemoteLink      Reason = "remote_link"
)

// ReasonEntry explains a Reason and what raises coverage.
type ReasonEntry struct {
	Reason  Reason
	Explain string
	Advice  string
}

// Reasons returns all reasons; the caller owns the result.
func Reasons() []ReasonEntry {
	return []ReasonEntry{
		{ReasonUpstreamMissing, "the upstream span was never seen", "export it, or sample parent and child together"},
		{ReasonUpstreamUnknown, "the upstream was seen, but nothing tells its colour", "let the services before it record the tag"},
		{ReasonSilent, "the workload has a home and never shows a tag", "copy baggage to span attributes there"},
		{ReasonNoTags, "the workload has neither a home nor tags", "add the home to its resource and copy baggage to spans"},
		{ReasonMixedBatch, "a batch of several colours, or of unknown ones", "record the tag on each link"},
		{ReasonLinksDropped, "the SDK left links of a batch out", "raise the SDK's link limit"},
		{ReasonHomeUnknown, "the workload has no home", "set the home on its resource, or home_missing in the policy"},
		{ReasonOrigin, "the tag is decided here", ""},
		{ReasonEvicted, "the fact was pushed out at the memory limit", "raise the limit or shorten the pair window"},
		{ReasonRestart, "the other half was lost with a process", ""},
		{ReasonRemoteLink, "the linked half is judged by another tier", ""},
	}
}
