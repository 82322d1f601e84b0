package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// BenchmarkEngine measures the engine and its adapter in the steady state, for
// profiles: go test -run '^$' -bench Engine -cpuprofile cpu.prof
func BenchmarkEngine(b *testing.B) { perSpan(b, openEngine(modestLoad)) }

// BenchmarkAdapter measures the adapter alone, from pdata to facts.
func BenchmarkAdapter(b *testing.B) { perSpan(b, openAdapter) }

// BenchmarkTouch measures what the adapter is compared with in the budgets.
func BenchmarkTouch(b *testing.B) { perSpan(b, bare(touch)) }

func perSpan(b *testing.B, open func(*workload.Round) (measure.Subject, error)) {
	b.Helper()
	s, err := open(workload.New(1))
	require.NoError(b, err)
	spans := 0
	for b.Loop() {
		b.StopTimer()
		require.NoError(b, s.Prepare())
		b.StartTimer()
		n, err := s.Pass()
		require.NoError(b, err)
		spans += n
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
	require.NoError(b, s.Close())
}
