package otlp

import (
	"math"
	"strconv"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxSameValues bounds how many elements of an array value are compared.
const maxSameValues = 128

// text returns an attribute's value as text: strings as they are, numbers and
// booleans printed, an array if all its values are the same string (captured
// headers are arrays of one). Anything else is "".
func (d *Decoder) text(v pcommon.Value) string {
	if s := v.Str(); s != "" { // nearly always
		return s
	}
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return d.built(strconv.AppendInt(d.buf, v.Int(), 10))
	case pcommon.ValueTypeDouble:
		return d.built(strconv.AppendFloat(d.buf, v.Double(), 'g', -1, 64))
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return "true"
		}
		return "false"
	case pcommon.ValueTypeSlice:
		return sameString(v.Slice())
	}
	return ""
}

// sameString returns the string that all values of s are; "" if they differ.
func sameString(s pcommon.Slice) string {
	n := s.Len()
	if n == 0 || n > maxSameValues {
		return ""
	}
	first := s.At(0).Str()
	for i := 1; i < n; i++ {
		if s.At(i).Str() != first {
			return ""
		}
	}
	return first
}

// number returns an attribute's value as a number >= 0, 0 where it is none.
// Numbers may be sent as text; too large ones become the largest int64.
func number(v pcommon.Value) int64 {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return max(v.Int(), 0)
	case pcommon.ValueTypeDouble:
		switch f := v.Double(); {
		case f >= math.MaxInt64:
			return math.MaxInt64
		case f > 0:
			return int64(f)
		}
		return 0
	case pcommon.ValueTypeStr:
		return digits(v.Str())
	case pcommon.ValueTypeSlice:
		return digits(sameString(v.Slice()))
	}
	return 0
}

// digits reads a decimal number. Not strconv: its errors allocate.
func digits(s string) int64 {
	var n int64
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0
		}
		if n > (math.MaxInt64-9)/10 {
			return math.MaxInt64
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// built takes the scratch buffer with text appended to it, keeps the longer
// buffer and returns what was appended.
//
// The string shares the buffer's memory, which is written again at the next
// call of Span or Resource: this is the borrow rule of the package comment, and
// what makes numbers, routes and decoded baggage free of allocations. When the
// buffer grows, strings handed out before keep the old memory alive.
func (d *Decoder) built(longer []byte) string {
	b := longer[len(d.buf):]
	d.buf = longer
	return unsafe.String(unsafe.SliceData(b), len(b))
}
