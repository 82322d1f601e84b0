package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestArenaWraps: refs count upwards, wrap at 2^31, and 0 is never given.
func TestArenaWraps(t *testing.T) {
	var a arena[int]
	a.living.base = segCount - 2
	given := map[ref]int{}
	var order []ref
	for i := range 4 * segSize {
		r := a.alloc(int64(i))
		require.NotZero(t, r)
		require.Less(t, uint32(r), uint32(1)<<31)
		_, twice := given[r]
		require.False(t, twice, "given twice: %d", r)
		*a.at(r) = i
		given[r] = i
		order = append(order, r)
	}
	require.Greater(t, order[0], order[len(order)-1], "the numbers have wrapped")
	for r, i := range given {
		require.True(t, a.alive(r) && *a.at(r) == i, "%d", r)
	}
	at := 0
	a.each(func(r ref, v *int) {
		require.Equal(t, order[at], r, "oldest first")
		require.Equal(t, at, *v)
		at++
	})
	require.Equal(t, len(order), at)
	for len(a.segs) > 0 {
		first, n := a.oldest()
		a.dropOldest()
		for i := range n {
			require.False(t, a.alive(first+ref(i)))
		}
	}
	require.False(t, a.alive(order[len(order)-1]))
}

func TestArenaZeroesWhatItReuses(t *testing.T) {
	var a arena[int]
	for range 3 * segSize {
		*a.at(a.alloc(0)) = 7
	}
	for range 5 {
		a.dropOldest()
		for range segSize {
			r := a.alloc(0)
			require.Zero(t, *a.at(r))
			*a.at(r) = 7
		}
	}
}

func TestArenaTimes(t *testing.T) {
	var a arena[int]
	first := a.alloc(100)
	a.alloc(150)
	require.EqualValues(t, 100, a.arrival(first), "a segment arrives with its first item")
	require.EqualValues(t, 150, a.segs[0].last)
	a.rotate(200)
	second := a.alloc(210)
	require.EqualValues(t, 100, a.arrival(first))
	require.EqualValues(t, 200, a.arrival(second))
	a.rotate(300)
	a.rotate(400)
	require.Len(t, a.segs, 3, "an empty segment is not left behind")
	require.EqualValues(t, 400, a.segs[2].arrival)
}

func TestArenaDropBefore(t *testing.T) {
	for _, base := range []uint32{0, 7, segCount - 2} {
		var a arena[int]
		a.living.base = base
		var refs []ref
		for range 5 * segSize / 2 {
			refs = append(refs, a.alloc(0))
		}
		require.Len(t, a.segs, 3)
		a.dropBefore(refs[10])
		require.Len(t, a.segs, 3, "its own segment stays")
		a.dropBefore(0)
		require.Len(t, a.segs, 3, "none is before none")
		a.dropBefore(a.tail())
		require.Len(t, a.segs, 1)
		require.True(t, a.alive(refs[len(refs)-1]))
		a.dropBefore(refs[0])
		require.Len(t, a.segs, 1, "an expired ref drops nothing")
	}
}

// TestArenaTail: everything given from now on lies at or after the tail.
func TestArenaTail(t *testing.T) {
	var a arena[int]
	require.Zero(t, a.tail())
	for i := range 6 * segSize {
		tail := a.tail()
		r := a.alloc(0)
		require.GreaterOrEqual(t, r, tail, "after %d", i)
	}
}

func TestArenaSize(t *testing.T) {
	var a arena[int]
	require.Zero(t, a.size())
	for range segSize + 10 {
		a.alloc(0)
	}
	visited := 0
	a.each(func(ref, *int) { visited++ })
	require.Equal(t, segSize+10, visited)
	require.InDelta(t, visited, a.size(), 1, "number 0 may be left out")
}
