package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor/otlp"
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

// BenchmarkAdapterWire and BenchmarkTouchWire measure both on spans that came off
// the wire: each key and value is an allocation of its own, as behind a receiver,
// while generated spans share their keys.
func BenchmarkAdapterWire(b *testing.B) {
	d, sink := otlp.NewDecoder(policy().Keys, otlp.Options{}), &facts{}
	perSpan(b, wire(func(td ptrace.Traces) int { return otlp.Feed(sink, d, 0, td) }))
}

func BenchmarkTouchWire(b *testing.B) {
	s := &bareSubject{visit: touch}
	perSpan(b, wire(func(td ptrace.Traces) int {
		s.batch(td)
		return td.SpanCount()
	}))
}

// wireSubject visits batches that were unmarshalled from their OTLP protobuf.
type wireSubject struct {
	batches []ptrace.Traces
	visit   func(ptrace.Traces) int // returns how many spans there were
}

func wire(visit func(ptrace.Traces) int) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		bytes, err := workload.Encode(w.Batches())
		s := &wireSubject{visit: visit}
		for i := 0; err == nil && i < len(bytes); i++ {
			var td ptrace.Traces
			td, err = new(ptrace.ProtoUnmarshaler).UnmarshalTraces(bytes[i])
			s.batches = append(s.batches, td)
		}
		return s, err
	}
}

func (*wireSubject) Prepare() error { return nil }
func (*wireSubject) Close() error   { return nil }

func (s *wireSubject) Pass() (int, error) {
	n := 0
	for range loops {
		for _, td := range s.batches {
			n += s.visit(td)
		}
	}
	return n, nil
}

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
