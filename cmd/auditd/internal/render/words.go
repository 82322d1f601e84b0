package render

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
)

// reasonWords tells a Reason in a few words.
func reasonWords(r auditor.Reason) string {
	switch r {
	case auditor.ReasonUpstreamMissing:
		return "the upstream span is not in the data"
	case auditor.ReasonUpstreamUnknown:
		return "the upstream's colour is unknown"
	case auditor.ReasonSilent:
		return "has a home, never shows a tag"
	case auditor.ReasonNoTags:
		return "has neither home nor tags"
	case auditor.ReasonMixedBatch:
		return "a batch of several colours"
	case auditor.ReasonLinksDropped:
		return "the SDK left links out"
	case auditor.ReasonHomeUnknown:
		return "the workload has no home"
	case auditor.ReasonOrigin:
		return "the tag is decided here"
	case auditor.ReasonEvicted:
		return "pushed out at the memory limit"
	case auditor.ReasonRestart:
		return "lost with a process"
	case auditor.ReasonRemoteLink:
		return "judged by another tier"
	}
	return ""
}

func fallbackWords(v auditor.Verdict) string {
	if v == auditor.VerdictOKFallback {
		return "tagged, no twin alive: legal fallback"
	}
	return "tagged, shared by the policy"
}

// placeWords tells where the fault of a finding is; empty where nothing is
// known. On propagation a place failed to keep the tag, on placement it did, or
// let happen, what another workload should have done.
func placeWords(f auditor.Finding) string {
	placement := f.Axis == auditor.AxisPlacement
	switch where := f.Blame.Where; {
	case where == auditor.WhereInProcess && f.Verdict == auditor.VerdictEscape:
		return "lost inside the process"
	case where == auditor.WhereInProcess:
		return "inside the process"
	case where == auditor.WhereSender && placement:
		return "sent there by the sender"
	case where == auditor.WhereSender:
		return "not injected by the sender"
	case where == auditor.WhereReceiver && placement:
		return "taken by the receiver"
	case where == auditor.WhereReceiver:
		return "not restored by the receiver"
	case where == auditor.WhereWire:
		return "on the wire"
	case where == auditor.WhereRouter:
		return "chosen by the router or broker"
	}
	return ""
}

func byCount(m map[auditor.Reason]uint64) []auditor.Reason {
	return slices.SortedFunc(maps.Keys(m), func(a, b auditor.Reason) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}
