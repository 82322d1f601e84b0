package e2e

import (
	"encoding/binary"
	"slices"
)

// nested returns an ExportTraceServiceRequest of one span with an attribute whose
// value is arrays in arrays. No library of the sender makes that.
func nested(depth int) []byte {
	// Written from the inside to the outside, back to front.
	b := []byte{}
	field := func(number byte) {
		var size [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(size[:], uint64(len(b)))
		for i := n - 1; i >= 0; i-- {
			b = append(b, size[i])
		}
		b = append(b, number<<3|2)
	}
	for range depth {
		field(1) // ArrayValue.values
		field(5) // AnyValue.array_value
	}
	field(2)                      // KeyValue.value
	b = append(b, "k\x01\x0a"...) // KeyValue.key
	field(9)                      // Span.attributes
	field(2)                      // ScopeSpans.spans
	field(2)                      // ResourceSpans.scope_spans
	field(1)                      // ExportTraceServiceRequest.resource_spans
	slices.Reverse(b)
	return b
}
