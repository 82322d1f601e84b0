package otlp

import (
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The memory of pdata 1.65. Where it comes to differ, less is prefetched.
const (
	spanLines     = 3  // of four: the last comes with its neighbour
	attributeSize = 40 // bytes
	lineSize      = 64 // bytes
)

// ahead prefetches what of the spans after the one at k will be read: of the next its
// name and attributes, and the one after it, from which they hang. Unmarshalling puts
// each wherever there is room; to wait for them is most of what decoding costs.
func ahead(spans ptrace.SpanSlice, k int) {
	if k+2 < spans.Len() {
		prefetch(address(spans.At(k+2)), spanLines)
	}
	if k+1 < spans.Len() {
		next := spans.At(k + 1)
		prefetch(unsafe.Pointer(unsafe.StringData(next.Name())), 1)
		aheadOf(next.Attributes())
	}
}

func aheadOf(attrs pcommon.Map) {
	for _, first := range attrs.All() {
		prefetch(address(first), 1+attributeSize*min(attrs.Len(), maxPlaces)/lineSize)
		return // the others lie behind it
	}
}

// address is that of the memory that a wrapper of pdata stands for, as long as it is
// the wrapper's first word.
func address[T ptrace.Span | pcommon.Value](wrapper T) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&wrapper))
}
