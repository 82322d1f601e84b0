// Package measure takes what a piece of code costs the process: CPU of all
// threads (user and system), allocations, and what stays on the heap.
package measure

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// Subject is something that handles spans, round after round.
type Subject interface {
	// Prepare gets the next round ready. It is not measured.
	Prepare() error
	// Pass handles a round and waits for all work that it caused, in other
	// goroutines too. It returns the number of spans.
	Pass() (int, error)
	// Close ends the subject.
	Close() error
}

// Cost is what a number of spans cost.
type Cost struct {
	CPU    time.Duration
	Spans  int
	Allocs uint64
	Bytes  uint64
}

// NsPerSpan is the CPU time in nanoseconds.
func (c Cost) NsPerSpan() float64 { return float64(c.CPU) / float64(c.Spans) }

// AllocsPerSpan is the number of heap objects allocated.
func (c Cost) AllocsPerSpan() float64 { return float64(c.Allocs) / float64(c.Spans) }

// BytesPerSpan is the number of heap bytes allocated.
func (c Cost) BytesPerSpan() float64 { return float64(c.Bytes) / float64(c.Spans) }

// Sample runs a round of s to warm up, then rounds until they have cost at least atLeast.
func Sample(s Subject, atLeast time.Duration) (Cost, error) {
	if _, err := once(s); err != nil {
		return Cost{}, err
	}
	runtime.GC() // no debts of the subject before
	var total Cost
	for total.CPU < atLeast {
		c, err := once(s)
		if err != nil {
			return total, err
		}
		total.CPU += c.CPU
		total.Spans += c.Spans
		total.Allocs += c.Allocs
		total.Bytes += c.Bytes
	}
	return total, nil
}

func once(s Subject) (Cost, error) {
	if err := s.Prepare(); err != nil {
		return Cost{}, fmt.Errorf("prepare: %w", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, err := processCPU()
	if err != nil {
		return Cost{}, err
	}
	spans, err := s.Pass()
	if err != nil {
		return Cost{}, fmt.Errorf("pass: %w", err)
	}
	end, err := processCPU()
	if err != nil {
		return Cost{}, err
	}
	runtime.ReadMemStats(&after)
	return Cost{
		CPU: end - start, Spans: spans,
		Allocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc,
	}, nil
}

// Heap returns the bytes of live heap objects, after a collection.
func Heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one only queues what finalizers and pools hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Quiet waits until the process has stopped working: until it uses less than
// 2 % of a core for a while. It gives up after limit.
func Quiet(limit time.Duration) error {
	const slice = 100 * time.Millisecond
	tick := time.NewTicker(slice)
	defer tick.Stop()
	last, err := processCPU()
	if err != nil {
		return err
	}
	for range limit / slice {
		<-tick.C
		now, err := processCPU()
		if err != nil {
			return err
		}
		if now-last < slice/50 {
			return nil
		}
		last = now
	}
	return fmt.Errorf("still busy after %s", limit)
}

// Spread is the median of some values with the smallest and largest.
type Spread struct{ Median, Min, Max float64 }

// SpreadOf returns the spread of values, which must not be empty.
func SpreadOf(values []float64) Spread {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1]}
}
