package sdk

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// otKey is OpenTelemetry's own member of the trace state.
const otKey = "ot"

// setThreshold returns state with the sub-key th of its `ot` member set; the
// others (rv) stay. It costs nothing where th says so already.
func setThreshold(state trace.TraceState, th string) trace.TraceState {
	was := state.Get(otKey)
	value := withThreshold(was, th)
	if value == was {
		return state
	}
	next, err := state.Insert(otKey, value)
	if err != nil {
		return state // `ot` would be over 256 bytes: leave it as it was
	}
	return next
}

// withThreshold sets th in the value of an `ot` member: sub-keys divided by
// semicolons, each key:value.
func withThreshold(ot, th string) string {
	if ot == "" {
		if th == "0" {
			return "th:0"
		}
		return "th:" + th
	}
	for part := range strings.SplitSeq(ot, ";") {
		if value, ok := strings.CutPrefix(part, "th:"); ok && value == th && strings.Count(ot, "th:") == 1 {
			return ot
		}
	}
	out := []string{"th:" + th}
	for part := range strings.SplitSeq(ot, ";") {
		if part != "" && !strings.HasPrefix(part, "th:") {
			out = append(out, part)
		}
	}
	return strings.Join(out, ";")
}
