package measure

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// subject burns CPU and allocates a known amount in each pass.
type subject struct {
	passes, prepared int
	keep             [][]byte
	fail             error
}

func (s *subject) Prepare() error { s.prepared++; return nil }

func (s *subject) Pass() (int, error) {
	s.passes++
	start, err := processCPU()
	if err != nil {
		return 0, err
	}
	for now := start; now-start < 2*time.Millisecond; {
		if now, err = processCPU(); err != nil {
			return 0, err
		}
	}
	s.keep = s.keep[:0]
	for range 100 {
		s.keep = append(s.keep, make([]byte, 64<<10))
	}
	return 100, s.fail
}

func (*subject) Close() error { return nil }

func TestSampleRunsUntilEnoughIsMeasured(t *testing.T) {
	s := &subject{keep: make([][]byte, 0, 100)}
	c, err := Sample(s, 9*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, s.prepared, s.passes)
	require.Equal(t, 100*(s.passes-1), c.Spans, "all but the one that warms up")
	require.GreaterOrEqual(t, c.CPU, 9*time.Millisecond)
	require.InDelta(t, 1, c.AllocsPerSpan(), 0.2)
	require.InDelta(t, 64<<10, c.BytesPerSpan(), 1<<10)
}

func TestSampleHandsOnTheError(t *testing.T) {
	fail := errors.New("broken")
	_, err := Sample(&subject{fail: fail}, time.Hour)
	require.ErrorIs(t, err, fail)
}

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"one", []float64{3}, Spread{3, 3, 3}},
		{"odd", []float64{5, 1, 3}, Spread{3, 1, 5}},
		{"even", []float64{4, 1, 3, 2}, Spread{2.5, 1, 4}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, SpreadOf(c.values)) })
	}
}
