package sqlite

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// The levels of packed roll-ups.
const (
	levelMinutes = 0 // a chunk is an hour of minutes
	levelHours   = 1 // a chunk is a day of hours

	minutesPerHour = 60
	hoursPerDay    = 24
)

// A chunk is, in little endian: a byte for the format; 8 bytes with a bit for each
// number that is not 0; then these numbers, as unsigned varints where all are
// whole, else as float64.
const (
	formatWhole  = 1
	formatFloats = 2
	headBytes    = 9
	maxWhole     = 1 << 53 // above it float64 has gaps
)

// encodeChunk packs up to 64 numbers.
func encodeChunk(values []float64) []byte {
	var mask uint64
	format := byte(formatWhole)
	for i, v := range values {
		if v == 0 {
			continue
		}
		mask |= 1 << i
		if v < 0 || v > maxWhole || v != math.Trunc(v) {
			format = formatFloats
		}
	}
	out := make([]byte, headBytes, headBytes+8*bits.OnesCount64(mask))
	out[0] = format
	binary.LittleEndian.PutUint64(out[1:], mask)
	for _, v := range values {
		switch {
		case v == 0:
		case format == formatWhole:
			out = binary.AppendUvarint(out, uint64(v))
		default:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		}
	}
	return out
}

// decodeChunk unpacks into values, which it fills; store.ErrCorrupt.
func decodeChunk(data []byte, values []float64) error {
	if len(data) < headBytes {
		return store.ErrCorrupt
	}
	format, mask, data := data[0], binary.LittleEndian.Uint64(data[1:]), data[headBytes:]
	clear(values)
	if bits.Len64(mask) > len(values) {
		return store.ErrCorrupt
	}
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros64(mask)
		switch format {
		case formatWhole:
			v, n := binary.Uvarint(data)
			if n <= 0 {
				return store.ErrCorrupt
			}
			values[i], data = float64(v), data[n:]
		case formatFloats:
			if len(data) < 8 {
				return store.ErrCorrupt
			}
			values[i], data = math.Float64frombits(binary.LittleEndian.Uint64(data)), data[8:]
		default:
			return store.ErrCorrupt
		}
	}
	return nil
}
