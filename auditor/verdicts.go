package auditor

// verdict is the verdictID's public name.
func (v verdictID) verdict() Verdict {
	return [verdictCount]Verdict{
		vNone: "", vOK: VerdictOK, vFallback: VerdictOKFallback, vShared: VerdictOKShared,
		vUndecidable: VerdictUndecidable, vInjection: VerdictInjection, vMutation: VerdictMutation,
		vEscape: VerdictEscape, vPollution: VerdictPollution, vCrossEnv: VerdictCrossEnv,
		vLeak: VerdictLeak, vStranded: VerdictStranded,
	}[v]
}

// reasonID is a Reason in one byte; 0 is none.
type reasonID uint8

const (
	whyNone reasonID = iota
	whyMissing
	whyUnknown
	whySilent
	whyNoTags
	whyMixed
	whyDropped
	whyHome
	whyOrigin
	whyEvicted
	whyRestart
	reasonCount
)

// reason is the reasonID's public name.
func (r reasonID) reason() Reason {
	return [reasonCount]Reason{
		whyMissing: ReasonUpstreamMissing, whyUnknown: ReasonUpstreamUnknown, whySilent: ReasonSilent,
		whyNoTags: ReasonNoTags, whyMixed: ReasonMixedBatch, whyDropped: ReasonLinksDropped,
		whyHome: ReasonHomeUnknown, whyOrigin: ReasonOrigin, whyEvicted: ReasonEvicted,
		whyRestart: ReasonRestart,
	}[r]
}
