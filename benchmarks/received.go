package main

import (
	"runtime"
	"runtime/debug"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// batchSubject is a subject that takes batches, too.
type batchSubject interface {
	measure.Subject
	feed(ptrace.Traces) int
}

// received hands each batch to a subject right after it was unmarshalled, as a receiver
// does: the cache holds it then, and less of what the subject keeps. Garbage is
// collected between rounds, so that no batch pays for it.
type received struct {
	batchSubject
	spans  *workload.Round
	wire   [][]byte
	batch  ptrace.Traces
	gcRate int
}

// receiving is open, with batches that are received.
func receiving(open func(*workload.Round) (measure.Subject, error)) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		s, err := open(w)
		if err != nil {
			return nil, err
		}
		return &received{batchSubject: s.(batchSubject), spans: w, gcRate: debug.SetGCPercent(-1)}, nil
	}
}

func (r *received) Prepare() (err error) {
	if len(r.wire) == 0 {
		runtime.GC()
		if err := r.batchSubject.Prepare(); err != nil {
			return err
		}
		if r.wire, err = workload.Encode(r.spans.Batches()); err != nil {
			return err
		}
	}
	var u ptrace.ProtoUnmarshaler
	r.batch, err = u.UnmarshalTraces(r.wire[0])
	r.wire = r.wire[1:]
	return err
}

func (r *received) Pass() (int, error) { return r.feed(r.batch), nil }

func (r *received) Close() error {
	debug.SetGCPercent(r.gcRate)
	return r.batchSubject.Close()
}
