package auditor

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestSizes guards what docs/architecture.md states: facts are small and hold no
// pointers.
func TestSizes(t *testing.T) {
	require.EqualValues(t, 64, unsafe.Sizeof(record{}))
	require.EqualValues(t, 32, unsafe.Sizeof(aux{}))
	require.EqualValues(t, 88, unsafe.Sizeof(message{}))
	require.EqualValues(t, 48, unsafe.Sizeof(plainTrace{}))
	require.EqualValues(t, 8, unsafe.Sizeof(slot{}))
	require.EqualValues(t, 44, unsafe.Sizeof(linkTally{}))
}
