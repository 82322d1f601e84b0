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

// Code is a mechanism of taxonomy.md: R1..R12 and M1..M20. Empty: the evidence
// does not separate the mechanisms, and none is guessed.
type Code string

// Reason says why a hop was not judged.
type Reason string

// The reasons.
const (
	ReasonUpstreamMissing Reason = "upstream_missing" // the upstream span was never seen
	ReasonUpstreamUnknown Reason = "upstream_unknown" // seen, but its colour is unknown
	ReasonSilent          Reason = "silent"           // the workload has a home and never shows a tag
	ReasonNoTags          Reason = "no_tags"          // the workload has neither home nor tags
	ReasonMixedBatch      Reason = "mixed_batch"      // a batch of several colours, or of unknown ones
	ReasonLinksDropped    Reason = "links_dropped"    // the SDK left links out
	ReasonHomeUnknown     Reason = "home_unknown"     // placement: the workload has no home
	ReasonOrigin          Reason = "origin"           // placement: the tag is decided here
	ReasonEvicted         Reason = "evicted"          // the fact was pushed out at the memory limit
	ReasonRestart         Reason = "restart"          // the other half was lost with a process
	ReasonRemoteLink      Reason = "remote_link"      // the linked half is judged by another tier
)
