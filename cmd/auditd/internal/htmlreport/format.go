package htmlreport

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// nbsp keeps a number and its sign on one line.
const nbsp = "\u00a0"

// number writes 1234567 as 1,234,567.
func number[T int | uint64](n T) string {
	s := strconv.FormatUint(uint64(max(n, 0)), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// amount writes an adjusted count: whole where it is whole.
func amount(f float64) string {
	if math.IsNaN(f) || f < 0 || f > 1e18 {
		return "?"
	}
	if f >= 1000 || f == math.Trunc(f) {
		return number(uint64(math.Round(f)))
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// percent writes a part of 1. It never rounds to all or nothing what is not.
func percent(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "?"
	case f >= 1:
		return "100" + nbsp + "%"
	case f > 0 && f < 0.001:
		return "<" + nbsp + "0.1" + nbsp + "%"
	case f <= 0:
		return "0" + nbsp + "%"
	}
	return strconv.FormatFloat(math.Floor(f*1000+1e-6)/10, 'f', -1, 64) + nbsp + "%"
}

// ratioOf writes a coverage; of nothing there is none.
func ratioOf(f float64, seen uint64) string {
	if seen == 0 {
		return "–"
	}
	return percent(f)
}

// count writes "1 hop" and "2 hops".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// shorten cuts s to n runes, with an ellipsis as the last.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// clamp01 bounds a part of 1.
func clamp01(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return min(max(f, 0), 1)
}
