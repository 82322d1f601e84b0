package auditor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVersionsAt(t *testing.T) {
	p := DefaultPolicy()
	p.Windows.Grace = 10
	p.ValidFrom = time.Unix(0, 1000)
	p.Fallback = FallbackForbid
	v := newVersions(p)
	later := p
	later.Fallback = FallbackAllow
	v = v.add(later, 5000)
	require.Len(t, v, 3)
	for _, c := range []struct {
		name       string
		at         int64
		now, other int // index; -1 none
	}{
		{"long before valid-from the bare policy holds", 0, 0, -1},
		{"just before the grace period", 989, 0, -1},
		{"the grace period begins before valid-from", 990, 0, 1},
		{"the moment before", 999, 0, 1},
		{"at valid-from", 1000, 1, 0},
		{"the end of the grace period", 1009, 1, 0},
		{"after it", 1010, 1, -1},
		{"before the next version", 4990, 1, 2},
		{"at the next version", 5000, 2, 1},
		{"long after", math.MaxInt64, 2, -1},
	} {
		now, other := v.at(c.at)
		require.Same(t, v[c.now], now, c.name)
		if c.other < 0 {
			require.Nil(t, other, c.name)
		} else {
			require.Same(t, v[c.other], other, c.name)
		}
	}
}

func TestVersionsOfOne(t *testing.T) {
	v := newVersions(DefaultPolicy())
	require.Len(t, v, 1, "without valid-from the policy always held")
	for _, at := range []int64{math.MinInt64, 0, math.MaxInt64} {
		now, other := v.at(at)
		require.Same(t, v[0], now)
		require.Nil(t, other)
	}
}

// TestBareVersion: before valid-from nothing is known to have been declared.
func TestBareVersion(t *testing.T) {
	p := DefaultPolicy()
	p.ValidFrom = time.Unix(100, 0)
	p.Fallback, p.Neutral = FallbackForbid, []string{"x"}
	p.Alive = []AliveTwin{{Service: "a", Home: "gray"}}
	p.Consumers = []ConsumerRule{{Topic: "T", Ignores: []string{"gray"}}}
	p.Isolation = []IsolationRule{{Topic: "T", Ignores: []string{"gray"}}}
	p.CapturedProperties = []string{"gray_env"}
	p.Keys.Env = []string{"mine"}
	bare := newVersions(p)[0].policy
	require.Equal(t, FallbackAllow, bare.Fallback)
	require.Empty(t, bare.Neutral)
	require.Empty(t, bare.Alive)
	require.Empty(t, bare.Consumers)
	require.Empty(t, bare.Isolation)
	require.Empty(t, bare.CapturedProperties)
	require.Equal(t, []string{"mine"}, bare.Keys.Env, "how tags are read does not change")
}

// TestMilder: inside the grace period the milder of both versions' verdicts wins.
func TestMilder(t *testing.T) {
	rank := []ruling{ // from mild to hard
		{prop: vOK, place: vOK},
		{prop: vOK, place: vFallback},
		{prop: vOK, place: vShared},
		{prop: vOK, place: vUndecidable},
		{prop: vOK, place: vPollution, found: vPollution},
		{prop: vOK, place: vLeak, found: vLeak},
		{prop: vOK, place: vPollution, found: vPollution, proven: true},
		{prop: vOK, place: vLeak, found: vLeak, proven: true},
	}
	for i := range rank {
		for j := range rank {
			require.Equal(t, rank[min(i, j)], milder(rank[i], rank[j]), "%d and %d", i, j)
		}
	}
}
