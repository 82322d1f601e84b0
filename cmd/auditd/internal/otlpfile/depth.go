package otlpfile

import (
	"encoding/binary"
	"errors"
)

// maxNesting bounds nested attribute values: pdata decodes them by recursion,
// and an exhausted stack cannot be recovered from. What is smaller than
// deepEnough cannot exhaust it: a level costs two bytes at least, mostly more.
const (
	maxNesting = 10000
	deepEnough = 1 << 20
)

var errTooDeep = errors.New("attribute values are nested too deep")

// checkDepth refuses a message whose fields, read as messages wherever they can
// be, nest deeper than any sane one. It is one pass over the bytes.
func checkDepth(b []byte) error {
	if len(b) < deepEnough {
		return nil
	}
	return nestedAt(b)
}

func nestedAt(b []byte) error {
	var ends []int // of the open fields
	for pos := 0; pos < len(b); {
		for len(ends) > 0 && pos >= ends[len(ends)-1] {
			ends = ends[:len(ends)-1]
		}
		next, size, ok := field(b, pos, limit(ends, len(b)))
		if !ok { // no message: a string or bytes; go on after it
			pos = limit(ends, len(b))
			if len(ends) == 0 {
				return nil // pdata says what is wrong
			}
			continue
		}
		if size > 1 {
			if len(ends) >= maxNesting {
				return errTooDeep
			}
			ends = append(ends, next+size)
			pos = next
			continue
		}
		pos = next + size
	}
	return nil
}

func limit(ends []int, whole int) int {
	if len(ends) == 0 {
		return whole
	}
	return ends[len(ends)-1]
}

// field reads the tag at pos: where its content starts and, for a
// length-delimited one, how long it is.
func field(b []byte, pos, end int) (next, size int, ok bool) {
	tag, n := binary.Uvarint(b[pos:end])
	if n <= 0 || tag>>3 == 0 {
		return 0, 0, false
	}
	pos += n
	switch tag & 7 {
	case wireVarint:
		_, n = binary.Uvarint(b[pos:end])
		return pos + n, 0, n > 0
	case wireFixed64:
		return pos + 8, 0, pos+8 <= end
	case wireFixed32:
		return pos + 4, 0, pos+4 <= end
	case wireLen:
		l, n := binary.Uvarint(b[pos:end])
		if n <= 0 || l > uint64(end-pos-n) {
			return 0, 0, false
		}
		return pos + n, int(l), true
	case wireGroup, wireGroupEnd: // pdata skips them
		return pos, 0, true
	}
	return 0, 0, false
}
