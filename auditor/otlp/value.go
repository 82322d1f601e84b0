package otlp

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxSameValues bounds how many elements of an array value are compared.
const maxSameValues = 128

// value is an attribute's value: pdata's, or one off the wire where wire is set.
// It is copied for each attribute that means something, so it is small.
type value struct {
	pdata pcommon.Value
	wire  *wireValue
}

func (v *value) kind() pcommon.ValueType {
	if v.wire != nil {
		return v.wire.kind
	}
	return v.pdata.Type()
}

// str returns the text of a string, "" of anything else.
func (v *value) str() string {
	switch {
	case v.wire == nil:
		return v.pdata.Str()
	case v.wire.kind == pcommon.ValueTypeStr:
		return v.wire.text
	}
	return ""
}

func (v *value) integer() int64 {
	if v.wire != nil {
		return int64(v.wire.bits)
	}
	return v.pdata.Int()
}

func (v *value) double() float64 {
	if v.wire != nil {
		return math.Float64frombits(v.wire.bits)
	}
	return v.pdata.Double()
}

func (v *value) boolean() bool {
	if v.wire != nil {
		return v.wire.bits != 0
	}
	return v.pdata.Bool()
}

// items goes through an array.
type items struct {
	pdata pcommon.Slice
	at    int
	wire  cursor
	wired bool
}

func (v *value) items() items {
	if v.wire != nil {
		return items{wire: cursor{b: v.wire.list}, wired: true}
	}
	return items{pdata: v.pdata.Slice()}
}

// next returns the text of the next element, "" if it is no string.
func (i *items) next() (text string, ok bool) {
	if i.wired {
		return i.wire.element()
	}
	if i.at == i.pdata.Len() {
		return "", false
	}
	e := i.pdata.At(i.at)
	i.at++
	return e.Str(), true
}

// text returns an attribute's value as text: strings as they are, numbers and
// booleans printed, an array if all its values are the same string (captured
// headers are arrays of one). Anything else is "".
func (d *Decoder) text(v *value) string {
	if s := v.str(); s != "" { // nearly always
		return s
	}
	switch v.kind() {
	case pcommon.ValueTypeInt:
		return d.built(strconv.AppendInt(d.buf, v.integer(), 10))
	case pcommon.ValueTypeDouble:
		return d.built(strconv.AppendFloat(d.buf, v.double(), 'g', -1, 64))
	case pcommon.ValueTypeBool:
		if v.boolean() {
			return "true"
		}
		return "false"
	case pcommon.ValueTypeSlice:
		return sameString(v.items())
	}
	return ""
}

// sameString returns the string that all of an array are; "" if they differ.
func sameString(list items) string {
	first, ok := list.next()
	for n := 1; ok; n++ {
		var s string
		if s, ok = list.next(); ok && (s != first || n == maxSameValues) {
			return ""
		}
	}
	return first
}

// str returns the first text of the set that is not empty.
func (d *Decoder) str(set slots) string {
	if d.seen&set == 0 { // nearly always: this much is inlined
		return ""
	}
	return d.firstText(d.seen & set)
}

func (d *Decoder) firstText(m slots) string {
	for ; m != 0; m &= m - 1 {
		s := slot(bits.TrailingZeros64(uint64(m)))
		if place := d.found.places[s%64]; place < maxPlaces { // nearly always, and a string
			if text := d.attrs[place].value.str(d.textSort); text != "" {
				return text
			}
		}
		if text := d.slotText(s); text != "" {
			return text
		}
	}
	return ""
}

// slotText is text for a slot that was seen.
func (d *Decoder) slotText(s slot) string {
	v := d.value(s)
	return d.text(&v)
}

// value returns the value of a slot that was seen.
func (d *Decoder) value(s slot) value {
	place := d.found.places[s]
	if place >= maxPlaces {
		return d.noted[s]
	}
	for _, v := range d.values.All() {
		if place == 0 {
			return value{pdata: v}
		}
		place--
	}
	return value{} // not reached: what was found is there
}

// num returns the first number of the set that is not 0.
func (d *Decoder) num(set slots) int64 {
	for m := d.seen & set; m != 0; m &= m - 1 {
		v := d.value(slot(bits.TrailingZeros64(uint64(m))))
		if n := number(&v); n != 0 {
			return n
		}
	}
	return 0
}

// number returns an attribute's value as a number >= 0, 0 where it is none.
// Numbers may be sent as text; too large ones become the largest int64.
func number(v *value) int64 {
	switch v.kind() {
	case pcommon.ValueTypeInt:
		return max(v.integer(), 0)
	case pcommon.ValueTypeDouble:
		switch f := v.double(); {
		case f >= math.MaxInt64:
			return math.MaxInt64
		case f > 0:
			return int64(f)
		}
		return 0
	case pcommon.ValueTypeStr:
		return digits(v.str())
	case pcommon.ValueTypeSlice:
		return digits(sameString(v.items()))
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
