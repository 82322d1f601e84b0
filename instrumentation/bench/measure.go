package main

import (
	"runtime"
	"slices"
)

// cost is what one call costs the process: client and server, all threads.
type cost struct {
	ns, allocs, bytes float64
}

// call makes one call over a live connection.
type call func() error

// sample makes n calls.
func sample(do call, n int) (cost, error) {
	runtime.GC() // no debts of the row before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, err := processCPU()
	if err != nil {
		return cost{}, err
	}
	for range n {
		if err := do(); err != nil {
			return cost{}, err
		}
	}
	end, err := processCPU()
	if err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	calls := float64(n)
	return cost{
		ns:     float64(end-start) / calls,
		allocs: float64(after.Mallocs-before.Mallocs) / calls,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / calls,
	}, nil
}

// median returns the middle of values, which it does not change.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
