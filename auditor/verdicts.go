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
