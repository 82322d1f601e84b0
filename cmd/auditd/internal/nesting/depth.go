package nesting

import (
	"encoding/binary"
	"errors"
)

// Wire types of protobuf (encoding specification, "Message Structure").
const (
	wireVarint   = 0
	wireFixed64  = 1
	wireLen      = 2
	wireGroup    = 3
	wireGroupEnd = 4
	wireFixed32  = 5
)

// harmless is the size below which a message cannot nest too deep: a level costs
// four bytes at least, and 16,000 levels take a few MB of stack.
const harmless = 64 << 10

// perLevel is what a level takes at least: a tag and a length.
const perLevel = 2

// ErrTooDeep says that a message is nested deeper than the limit.
var ErrTooDeep = errors.New("values are nested too deep")

// Check returns ErrTooDeep for a protobuf message whose fields, read as messages
// wherever they can be, nest deeper than limit (above 0). What is no message at
// all passes: the decoder says what is wrong. It is one pass over the bytes.
func Check(b []byte, limit int) error {
	if len(b) < harmless {
		return nil
	}
	ends := make([]int, 1, 64) // of the open fields; the first is the message's
	ends[0] = len(b)
	for pos := 0; pos < len(b); {
		for pos >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		end := ends[len(ends)-1]
		next, size, ok := field(b[:end], pos)
		switch {
		case !ok && len(ends) == 1:
			return nil
		case !ok: // a text or bytes; go on after it
			pos = end
		case size < perLevel || len(ends)+size/perLevel <= limit: // too small to go too deep, so almost always
			pos = next + size
		case len(ends) > limit:
			return ErrTooDeep
		default:
			ends = append(ends, next+size)
			pos = next
		}
	}
	return nil
}

// CheckJSON is Check for JSON: brackets in brackets, outside of texts.
func CheckJSON(b []byte, limit int) error {
	if len(b) < harmless {
		return nil
	}
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			text = !text
		case text:
			if c == '\\' {
				i++
			}
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return ErrTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// field reads the tag at pos: where its content starts and, of a length-delimited
// one, how long it is.
func field(b []byte, pos int) (next, size int, ok bool) {
	tag, n := binary.Uvarint(b[pos:])
	if n <= 0 || tag>>3 == 0 {
		return 0, 0, false
	}
	pos += n
	switch tag & 7 {
	case wireVarint:
		_, n = binary.Uvarint(b[pos:])
		return pos + n, 0, n > 0
	case wireFixed64:
		return pos + 8, 0, pos+8 <= len(b)
	case wireFixed32:
		return pos + 4, 0, pos+4 <= len(b)
	case wireLen:
		l, n := binary.Uvarint(b[pos:])
		if n <= 0 || l > uint64(len(b)-pos-n) {
			return 0, 0, false
		}
		return pos + n, int(l), true
	case wireGroup, wireGroupEnd: // no field of OTLP is one, but pdata skips them and goes on
		return pos, 0, true
	}
	return 0, 0, false
}
