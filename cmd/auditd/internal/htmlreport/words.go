package htmlreport

import "github.com/dyetrace/dyetrace/auditor"

// verdictOrder lists the verdicts as the page shows them: the violations worst
// first, then the rest.
func verdictOrder() []auditor.Verdict {
	return []auditor.Verdict{
		auditor.VerdictLeak, auditor.VerdictCrossEnv, auditor.VerdictPollution, auditor.VerdictEscape,
		auditor.VerdictStranded, auditor.VerdictMutation, auditor.VerdictInjection,
		auditor.VerdictOK, auditor.VerdictOKFallback, auditor.VerdictOKShared, auditor.VerdictUndecidable,
	}
}

// verdictWords says in one line what a verdict means (design.md section 2).
func verdictWords(v auditor.Verdict) string {
	switch v {
	case auditor.VerdictLeak:
		return "tagged traffic reached a baseline workload although its twin was alive"
	case auditor.VerdictCrossEnv:
		return "traffic of one tag was done by the workload of another"
	case auditor.VerdictPollution:
		return "baseline traffic was done by a gray workload"
	case auditor.VerdictEscape:
		return "the tag got lost on this hop"
	case auditor.VerdictStranded:
		return "a tagged message that no consumer group took that should have"
	case auditor.VerdictMutation:
		return "the tag changed on this hop"
	case auditor.VerdictInjection:
		return "baseline traffic got a tag on this hop"
	case auditor.VerdictOK:
		return "tag and home agree"
	case auditor.VerdictOKFallback:
		return "no twin was alive: baseline served it legally"
	case auditor.VerdictOKShared:
		return "baseline serves this tag by policy"
	case auditor.VerdictUndecidable:
		return "not enough was seen to judge"
	}
	return ""
}

// reasonWords says why hops were not judged.
func reasonWords(r auditor.Reason) string {
	switch r {
	case auditor.ReasonUpstreamMissing:
		return "the upstream span was never seen"
	case auditor.ReasonUpstreamUnknown:
		return "what came from upstream is unknown"
	case auditor.ReasonSilent:
		return "the workload has a home but never shows a tag"
	case auditor.ReasonNoTags:
		return "the workload has neither home nor tags"
	case auditor.ReasonMixedBatch:
		return "a batch of several colours"
	case auditor.ReasonLinksDropped:
		return "the SDK left span links out"
	case auditor.ReasonHomeUnknown:
		return "the workload's home is unknown"
	case auditor.ReasonOrigin:
		return "an origin decides the tag here"
	case auditor.ReasonEvicted:
		return "pushed out at the memory limit"
	case auditor.ReasonRestart:
		return "the other half was lost at a restart"
	case auditor.ReasonRemoteLink:
		return "judged by another tier"
	}
	return "no words for this reason"
}

// violation reports whether the verdict is a fault.
func violation(v auditor.Verdict) bool {
	switch v {
	case auditor.VerdictOK, auditor.VerdictOKFallback, auditor.VerdictOKShared, auditor.VerdictUndecidable, "":
		return false
	}
	return true
}
