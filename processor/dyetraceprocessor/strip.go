package dyetraceprocessor

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// flagPrefix is common to the keys of all flags.
const flagPrefix = "gray.audit."

// strip takes off the attributes of resources, scopes and spans that look like
// flags: only this processor flags, and a tail sampler reads all three. It returns
// how many there were. Events and links stay as they are; nobody samples by flags
// there.
func strip(td ptrace.Traces) int {
	n := 0
	for _, rs := range td.ResourceSpans().All() {
		n += stripMap(rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			n += stripMap(ss.Scope().Attributes())
			spans := ss.Spans()
			for i := range spans.Len() {
				n += stripMap(spans.At(i).Attributes())
			}
		}
	}
	return n
}

// stripMap changes nothing, and costs one look at each key, where no key is a flag.
func stripMap(m pcommon.Map) int {
	before := m.Len()
	if !hasFlag(m) {
		return 0
	}
	m.RemoveIf(func(key string, _ pcommon.Value) bool { return strings.HasPrefix(key, flagPrefix) })
	return before - m.Len()
}

func hasFlag(m pcommon.Map) bool {
	for key := range m.All() {
		if len(key) > len(flagPrefix) && key[0] == flagPrefix[0] && strings.HasPrefix(key, flagPrefix) {
			return true
		}
	}
	return false
}
