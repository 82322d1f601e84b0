package main

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// loops is how often the same spans are visited in a pass where the cache may hold them.
const loops = 50

// bareSubject visits each span with a function that reads it.
type bareSubject struct {
	spans *workload.Round
	visit func(ptrace.Span) int
	loops int
	clock int64 // nanoseconds since the Unix epoch
	found int   // uses the result, so that nothing is optimised away
}

// bare visits the spans as the components get them: new in each round, and once.
func bare(visit func(ptrace.Span) int) func(*workload.Round) (measure.Subject, error) {
	return visiting(visit, 1)
}

// cached visits the same spans over and over.
func cached(visit func(ptrace.Span) int) func(*workload.Round) (measure.Subject, error) {
	return visiting(visit, loops)
}

func visiting(visit func(ptrace.Span) int, loops int) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		return &bareSubject{spans: w, visit: visit, loops: loops}, nil
	}
}

func (b *bareSubject) Prepare() error {
	b.clock += int64(time.Minute)
	b.spans.Fresh(b.clock)
	return nil
}

func (*bareSubject) Close() error { return nil }

func (b *bareSubject) Pass() (int, error) {
	n := 0
	for range b.loops {
		for _, td := range b.spans.Batches() {
			n += b.feed(td)
		}
	}
	return n, nil
}

func (b *bareSubject) feed(td ptrace.Traces) int {
	n := 0
	rss := td.ResourceSpans()
	for i := range rss.Len() {
		sss := rss.At(i).ScopeSpans()
		for j := range sss.Len() {
			spans := sss.At(j).Spans()
			n += spans.Len()
			for k := range spans.Len() {
				b.found += b.visit(spans.At(k))
			}
		}
	}
	return n
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
