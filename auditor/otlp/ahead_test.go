package otlp

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TestMemoryOfPdata: what ahead assumes of it still holds. If not, decoding is as
// right as before, and slower.
func TestMemoryOfPdata(t *testing.T) {
	attrs := serverSpan().Attributes()
	var places []uintptr
	for _, v := range attrs.All() {
		places = append(places, uintptr(address(v)))
	}
	require.Len(t, places, attrs.Len())
	for i := range places[1:] {
		require.EqualValues(t, attributeSize, places[i+1]-places[i])
	}
	list := ptrace.NewSpanSlice()
	list.AppendEmpty().SetName("a")
	list.AppendEmpty()
	first := address(list.At(0))
	require.Equal(t, first, address(list.At(0)))
	require.NotEqual(t, first, address(list.At(1)))
}

func TestPrefetchOfAnything(t *testing.T) {
	require.NotPanics(t, func() {
		prefetch(nil, 1)
		prefetch(unsafe.Pointer(unsafe.StringData("")), 0)
		prefetch(unsafe.Pointer(t), 1<<12)
		ahead(ptrace.NewSpanSlice(), 0)
		aheadOf(pcommon.NewMap())
	})
}
