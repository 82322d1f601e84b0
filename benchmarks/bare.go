package main

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// loops makes a pass of the cheapest rows long enough to be measured.
const loops = 50

// bareSubject visits each span with a function that reads it.
type bareSubject struct {
	spans *workload.Round
	visit func(ptrace.Span) int
	loops int
	clock int64 // nanoseconds since the Unix epoch; 0: the spans stay as they are
	found int   // uses the result, so that nothing is optimised away
}

func bare(visit func(ptrace.Span) int) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		return &bareSubject{spans: w, visit: visit, loops: loops}, nil
	}
}

// once visits the spans as the components get them: new in each round, and one time.
// The cache may hold those that are visited over and over.
func once(visit func(ptrace.Span) int) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		return &bareSubject{spans: w, visit: visit, loops: 1, clock: 1}, nil
	}
}

func (b *bareSubject) Prepare() error {
	if b.clock > 0 {
		b.clock += int64(time.Minute)
		b.spans.Fresh(b.clock)
	}
	return nil
}

func (*bareSubject) Close() error { return nil }

func (b *bareSubject) Pass() (int, error) {
	for range b.loops {
		for _, td := range b.spans.Batches() {
			b.batch(td)
		}
	}
	return b.loops * workload.Spans, nil
}

func (b *bareSubject) batch(td ptrace.Traces) {
	rss := td.ResourceSpans()
	for i := range rss.Len() {
		sss := rss.At(i).ScopeSpans()
		for j := range sss.Len() {
			spans := sss.At(j).Spans()
			for k := range spans.Len() {
				b.found += b.visit(spans.At(k))
			}
		}
	}
}

func idsOnly(s ptrace.Span) int {
	t, id, parent := s.TraceID(), s.SpanID(), s.ParentSpanID()
	return int(t[15]) + int(id[7]) + int(parent[7]) + int(s.Kind())
}

func touch(s ptrace.Span) int {
	n := idsOnly(s)
	m := s.Attributes()
	for _, key := range [...]string{"gray.env", "messaging.operation.type", "messaging.message.id"} {
		if _, ok := m.Get(key); ok {
			n++
		}
	}
	return n
}

func onePass(s ptrace.Span) int {
	n := idsOnly(s)
	for key := range s.Attributes().All() {
		if picked(key) {
			n++
		}
	}
	return n
}

func picked(key string) bool {
	switch key {
	case "gray.env", "messaging.operation.type", "messaging.message.id", "messaging.destination.name":
		return true
	}
	return false
}

// codec measures OTLP protobuf, each way.
type codec struct {
	spans  *workload.Round
	wire   [][]byte
	encode bool
	kept   ptrace.Traces // the last result, so that nothing is optimised away
	size   int
}

func openMarshal(w *workload.Round) (measure.Subject, error) {
	return &codec{spans: w, encode: true}, nil
}

func openUnmarshal(w *workload.Round) (measure.Subject, error) {
	wire, err := workload.Encode(w.Batches())
	return &codec{wire: wire}, err
}

func (*codec) Prepare() error { return nil }
func (*codec) Close() error   { return nil }

func (c *codec) Pass() (int, error) {
	if c.encode {
		wire, err := workload.Encode(c.spans.Batches())
		c.size += len(wire)
		return workload.Spans, err
	}
	var u ptrace.ProtoUnmarshaler
	for _, b := range c.wire {
		td, err := u.UnmarshalTraces(b)
		if err != nil {
			return 0, err
		}
		c.kept = td
	}
	return workload.Spans, nil
}
