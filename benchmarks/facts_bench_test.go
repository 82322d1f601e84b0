package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

type recorder struct {
	e     *auditor.Engine
	spans []auditor.Span
	ends  []int
}

func (r *recorder) Resource(x auditor.Resource) auditor.ResourceID {
	x.Service, x.Home.Value = strings.Clone(x.Service), strings.Clone(x.Home.Value)
	return r.e.Resource(x)
}

func (r *recorder) Add(_ int64, s *auditor.Span) {
	c := *s
	c.Links = slices.Clone(s.Links)
	r.spans = append(r.spans, c)
}

// BenchmarkFacts measures the engine alone, on facts.
func BenchmarkFacts(b *testing.B) {
	w := workload.New(1)
	p := policy()
	e, _ := auditor.New(p, auditor.Options{Sink: func(auditor.Finding) {}})
	r := &recorder{e: e}
	d := otlp.NewDecoder(p.Keys, otlp.Options{})
	for _, td := range w.Batches() {
		otlp.Feed(r, d, 0, td)
		r.ends = append(r.ends, len(r.spans))
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano()
	mask := uint64(1)
	pass := func() {
		prev := 0
		for _, end := range r.ends {
			now += int64(modestLoad)
			for i := prev; i < end; i++ {
				e.Add(now, &r.spans[i])
			}
			e.Tick(now)
			prev = end
		}
	}
	fresh := func() {
		mask = mask*6364136223846793005 + 1442695040888963407
		x := func(b []byte) {
			for i := range b {
				b[i] ^= byte(mask >> (8 * (i % 8)))
			}
		}
		for i := range r.spans {
			s := &r.spans[i]
			x(s.TraceID[:])
			x(s.SpanID[:])
			if !s.ParentID.IsZero() {
				x(s.ParentID[:])
			}
			for j := range s.Links {
				x(s.Links[j].TraceID[:])
				x(s.Links[j].SpanID[:])
			}
			if s.Message.ID != "" {
				s.Message.ID = string(append([]byte(nil), s.TraceID[:]...))
			}
			s.Start += 2e9
			s.End += 2e9
		}
	}
	for range 40 {
		fresh()
		pass()
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		fresh()
		b.StartTimer()
		pass()
		n += len(r.spans)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/span")
}
