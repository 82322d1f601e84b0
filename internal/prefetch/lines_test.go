package prefetch

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestLinesOfAnything(t *testing.T) {
	require.NotPanics(t, func() {
		Lines(nil, 1)
		Lines(unsafe.Pointer(unsafe.StringData("")), 0)
		Lines(unsafe.Pointer(t), 1<<12)
	})
}
