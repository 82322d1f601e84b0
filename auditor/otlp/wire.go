package otlp

import (
	"encoding/binary"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// cursor reads the fields of one protobuf message. What is malformed, or unusual
// enough to be left to pdata, makes it odd, and ends it.
type cursor struct {
	b   []byte
	at  int
	odd bool
}

// The wire types that OTLP uses (Protocol Buffers, "Encoding").
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireLen     = 2
	wireFixed32 = 5
)

func (c *cursor) more() bool { return c.at < len(c.b) && !c.odd }

// varint reads a number; a tag is one, field<<3 | wire type.
func (c *cursor) varint() uint64 {
	if c.at < len(c.b) && c.b[c.at] < 0x80 { // nearly always
		c.at++
		return uint64(c.b[c.at-1])
	}
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.odd = true
		return 0
	}
	c.at += n
	return v
}

// bytes reads the content of a field with a length.
func (c *cursor) bytes() []byte {
	n := c.varint()
	if n > uint64(len(c.b)-c.at) {
		c.odd = true
		return nil
	}
	c.at += int(n)
	return c.b[c.at-int(n) : c.at]
}

// text is bytes as a string that shares their memory.
func (c *cursor) text() string {
	b := c.bytes()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (c *cursor) fixed64() uint64 {
	if len(c.b)-c.at < 8 {
		c.odd = true
		return 0
	}
	c.at += 8
	return binary.LittleEndian.Uint64(c.b[c.at-8:])
}

func (c *cursor) fixed32() uint32 {
	if len(c.b)-c.at < 4 {
		c.odd = true
		return 0
	}
	c.at += 4
	return binary.LittleEndian.Uint32(c.b[c.at-4:])
}

// id reads an id of len(to) bytes, or an empty one.
func (c *cursor) id(to []byte) {
	b := c.bytes()
	c.odd = c.odd || len(b) != 0 && len(b) != len(to)
	clear(to)
	copy(to, b)
}

// wireValue is an AnyValue (opentelemetry/proto/common/v1/common.proto).
type wireValue struct {
	kind pcommon.ValueType
	bits uint64 // of a number or boolean
	text string // of a string
	list []byte // the ArrayValue
}

const maxWireDepth = 16 // of arrays in arrays; deeper ones are left to pdata

const (
	valueString = 1<<3 | wireLen
	valueBool   = 2<<3 | wireVarint
	valueInt    = 3<<3 | wireVarint
	valueDouble = 4<<3 | wireFixed64
	valueArray  = 5<<3 | wireLen
	valueMap    = 6<<3 | wireLen
	valueBytes  = 7<<3 | wireLen
)

// value reads the AnyValue that c holds.
func (c *cursor) value(depth int) (v wireValue) {
	if !c.more() {
		return v
	}
	switch c.varint() {
	case valueString:
		v.kind, v.text = pcommon.ValueTypeStr, c.text()
	case valueBool:
		v.kind, v.bits = pcommon.ValueTypeBool, c.varint()
	case valueInt:
		v.kind, v.bits = pcommon.ValueTypeInt, c.varint()
	case valueDouble:
		v.kind, v.bits = pcommon.ValueTypeDouble, c.fixed64()
	case valueArray:
		v.kind, v.list = pcommon.ValueTypeSlice, c.bytes()
		c.odd = c.odd || !soundList(v.list, depth, false)
	case valueMap:
		v.kind = pcommon.ValueTypeMap
		c.odd = !soundList(c.bytes(), depth, true) || c.odd
	case valueBytes:
		v.kind = pcommon.ValueTypeBytes
		c.bytes()
	default:
		c.odd = true
	}
	c.odd = c.odd || c.at != len(c.b) // of several the last counts
	return v
}

const listElement = 1<<3 | wireLen // of an ArrayValue or a KeyValueList

// soundList reports that the elements of an array, or of a map, can be read.
func soundList(b []byte, depth int, entries bool) bool {
	c := cursor{b: b, odd: depth == maxWireDepth}
	for c.more() {
		if c.varint() != listElement {
			return false
		}
		e := cursor{b: c.bytes()}
		if entries {
			e.keyValue(depth + 1)
		} else {
			e.value(depth + 1)
		}
		c.odd = c.odd || e.odd
	}
	return !c.odd
}

// element returns the text of the next element of a sound array.
func (c *cursor) element() (text string, ok bool) {
	if !c.more() {
		return "", false
	}
	c.varint()
	e := cursor{b: c.bytes()}
	return e.value(0).text, true
}

const (
	pairKey   = 1<<3 | wireLen
	pairValue = 2<<3 | wireLen
)

// keyValue reads the KeyValue that c holds.
func (c *cursor) keyValue(depth int) (key string, v wireValue) {
	given := false
	for c.more() {
		switch c.varint() {
		case pairKey:
			key = c.text()
		case pairValue:
			e := cursor{b: c.bytes()}
			v = e.value(depth)
			c.odd = c.odd || e.odd || given // pdata merges two
			given = true
		default:
			c.odd = true
		}
	}
	return key, v
}

// attribute reads a field that is a KeyValue.
func (c *cursor) attribute() (key string, v wireValue) {
	kv := cursor{b: c.bytes()}
	key, v = kv.keyValue(0)
	c.odd = c.odd || kv.odd
	return key, v
}
