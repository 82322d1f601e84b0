package audittest

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// traceID and spanID make ids from names: the same script has the same ids.
func traceID(name string) (id auditor.TraceID) {
	sum := sha256.Sum256([]byte("trace\x00" + name))
	copy(id[:], sum[:])
	return id
}

func spanID(name string) (id auditor.SpanID) {
	sum := sha256.Sum256([]byte("span\x00" + name))
	copy(id[:], sum[:])
	return id
}

const thAdvice = "write it as in tracestate ot=th: 0 keeps all, 8 a half, c a quarter"

// threshold reads a rejection threshold: 1 to 14 hex digits, trailing zeros
// left out (OpenTelemetry, TraceState Probability Sampling).
func threshold(s string) (uint64, bool) {
	if len(s) == 0 || len(s) > 14 || strings.ToLower(s) != s {
		return 0, false
	}
	n, err := strconv.ParseUint(s+strings.Repeat("0", 14-len(s)), 16, 64)
	return n, err == nil
}
