package otlp

import "strings"

// stateMembers is what the rules read of a tracestate.
type stateMembers struct {
	witness      string // member dye
	hasThreshold bool
	threshold    uint64 // member ot, th: 0 <= threshold < 2^56
}

// parseState reads a W3C tracestate. The first member of a key wins, as the
// newest is on the left; what is malformed is left out.
func parseState(list string) stateMembers {
	var m stateMembers
	var seenDye, seenOT bool
	list = list[:min(len(list), maxHeader)]
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		key, value, _ := strings.Cut(trim(item), "=")
		switch {
		case key == "dye" && !seenDye:
			seenDye = true
			m.witness = value
		case key == "ot" && !seenOT:
			seenOT = true
			m.threshold, m.hasThreshold = thresholdOf(value)
		}
	}
	return m
}

// thresholdOf reads th of the OpenTelemetry member, "rv:hex;th:hex" in any order.
func thresholdOf(fields string) (uint64, bool) {
	for fields != "" {
		var field string
		field, fields, _ = strings.Cut(fields, ";")
		if hex, ok := strings.CutPrefix(field, "th:"); ok {
			return parseThreshold(hex)
		}
	}
	return 0, false
}

// parseThreshold reads 1 to 14 hex digits; missing ones on the right are zeros
// (OpenTelemetry, "TraceState: probability sampling").
func parseThreshold(hex string) (uint64, bool) {
	if hex == "" || len(hex) > 14 {
		return 0, false
	}
	var t uint64
	for i := range len(hex) {
		digit := hexDigit(hex[i])
		if digit > 15 {
			return 0, false
		}
		t = t<<4 | uint64(digit)
	}
	return t << (4 * (14 - len(hex))), true
}
