package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSightingAt(t *testing.T) {
	const window = 100
	type seen struct{ axis, start int64 }
	for _, c := range []struct {
		name        string
		seen        []seen
		axis, start int64
		want        presence
	}{
		{"never", nil, 0, 0, seenNever},
		{"before", []seen{{10, 10}}, 50, 50, seenOneWay},
		{"after", []seen{{90, 90}}, 50, 50, seenOneWay},
		{"before and after", []seen{{10, 10}, {90, 90}}, 50, 50, seenAround},
		{"at that very moment", []seen{{50, 50}}, 50, 50, seenAround},
		{"at the edge of the liveness window", []seen{{0, 0}}, 100, 100, seenOneWay},
		{"outside the liveness window", []seen{{0, 0}}, 101, 101, seenNever},
		{"after, outside the window", []seen{{151, 151}}, 50, 50, seenNever},
		{"before within, after outside", []seen{{10, 10}, {151, 151}}, 50, 50, seenOneWay},
		{"sightings in between join both sides", []seen{{10, 10}, {100, 100}, {190, 190}}, 50, 50, seenAround},
		{"span time decides what was before, arrival what was alive", []seen{{60, 10}, {61, 90}}, 50, 50, seenAround},
		{"arrived together, all before in span time", []seen{{60, 10}, {61, 20}}, 50, 50, seenOneWay},
		{"two intervals, one on each side", []seen{{0, 0}, {200, 200}}, 100, 100, seenAround},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s sighting
			for _, v := range c.seen {
				s.see(v.axis, v.start, window)
			}
			require.Equal(t, c.want, s.at(c.axis, c.start, window))
			var back sighting
			for i := range c.seen {
				v := c.seen[len(c.seen)-1-i]
				back.see(v.axis, v.start, window)
			}
			require.Equal(t, c.want, back.at(c.axis, c.start, window), "in any order")
		})
	}
	var none *sighting
	require.Equal(t, seenNever, none.at(0, 0, window))
}

// TestSightingOrder: sightings in any order give the same intervals, ordered and
// further apart than the window.
func TestSightingOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.Int64Range(1, 50).Draw(t, "window")
		moments := rapid.SliceOfN(rapid.Int64Range(0, 1000), 1, 60).Draw(t, "moments")
		skew := rapid.Int64Range(-30, 30).Draw(t, "skew")
		var a, b sighting
		for _, m := range moments {
			a.see(m, m+skew, window)
		}
		for _, m := range rapid.Permutation(moments).Draw(t, "order") {
			b.see(m, m+skew, window)
		}
		require.Equal(t, a.spans, b.spans)
		for i := 1; i < len(a.spans); i++ {
			require.Greater(t, a.spans[i].from-a.spans[i-1].to, window)
		}
		for _, m := range moments {
			require.Equal(t, seenAround, a.at(m, m+skew, window))
		}
	})
}

// TestSightingGrowsWithGapsOnly: a thousand sightings close together are one interval.
func TestSightingGrowsWithGapsOnly(t *testing.T) {
	var s sighting
	for i := range int64(1000) {
		s.see(i*10, i*10, 10)
	}
	require.Len(t, s.spans, 1)
	require.False(t, s.see(5, 5, 10), "no news: it was alive then")
	require.True(t, s.see(20_000, 20_000, 10), "news: alive after a gap")
	require.Len(t, s.spans, 2)
	s.forget(15_000)
	require.Len(t, s.spans, 1, "what ended before is forgotten")
}
