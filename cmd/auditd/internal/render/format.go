package render

import (
	"strconv"
	"time"
)

// number writes an integer with commas.
func number[T int | uint64](n T) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent writes a ratio so that only all is 100 % and only nothing is 0 %.
func percent(part, whole float64) string {
	if whole == 0 {
		return "0 %"
	}
	r := 100 * part / whole
	switch {
	case part >= whole:
		return "100 %"
	case part <= 0:
		return "0 %"
	case r > 99.9:
		return "99.9 %"
	case r < 0.1:
		return "<0.1 %"
	}
	return strconv.FormatFloat(r, 'f', 1, 64) + " %"
}

// stamp writes a time as the contract does.
func stamp(t time.Time) string {
	return t.UTC().Format(time.RFC3339Nano)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
