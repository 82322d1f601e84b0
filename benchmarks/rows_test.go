package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// Every row handles a round and ends in peace; for the engine that means that
// it found nothing in clean traffic and judged nearly all of it.
func TestEveryRowHandlesARound(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			s, err := r.open(workload.New(1))
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			require.NoError(t, s.Prepare())
			n, err := s.Pass()
			require.NoError(t, err)
			require.Positive(t, n)
			if r.received {
				require.Equal(t, workload.BatchSpans, n)
				return
			}
			require.Zero(t, n%workload.Spans)
		})
	}
}
