package enginehost

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestOutbox(t *testing.T) {
	o := newOutbox(3)
	require.Zero(t, o.Last())
	for i := range 4 {
		require.Equal(t, i >= 3, o.Full())
		o.put(Told{Finding: auditor.Finding{ID: strconv.Itoa(i)}})
	}
	<-o.Wake()
	require.EqualValues(t, 4, o.Last())
	first := o.Peek(2)
	require.Len(t, first, 2)
	o.put(Told{Finding: auditor.Finding{ID: "4"}})
	require.Equal(t, "1", first[1].Finding.ID, "what was peeked stays")
	o.Pop(2)
	require.EqualValues(t, 2, o.Delivered())
	require.EqualValues(t, 5, o.Last())
	rest := o.Peek(100)
	require.Len(t, rest, 3)
	require.Equal(t, "2", rest[0].Finding.ID)
	o.Pop(3)
	require.Zero(t, o.Pending())
	require.EqualValues(t, 5, o.Delivered())
	require.Empty(t, o.Peek(1))
}
