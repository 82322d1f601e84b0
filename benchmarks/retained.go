package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// retainedRounds is how many rounds are held at once.
const retainedRounds = 10

// retained is what a component keeps of a span that is inside its window.
type retained struct {
	name  string
	bytes float64
}

// holder takes batches and keeps them, or what it makes of them, until closed.
type holder struct {
	take  func(ptrace.Traces) error
	close func() error
}

// measureRetained fills each component inside its window and weighs the heap.
func measureRetained(o options) ([]retained, error) {
	var out []retained
	for _, c := range []struct {
		name string
		open func() (holder, error)
	}{
		{"raw pdata", openRaw},
		{"groupbytrace", func() (holder, error) {
			return hold(openProcessor(nil, groupbytraceprocessor.NewFactory(), groupConfig("1h")))
		}},
		{"tail_sampling, before its decision", func() (holder, error) {
			return hold(openProcessor(nil, tailsamplingprocessor.NewFactory(), tailConfig("1h")))
		}},
		{"**dyetrace**, inside the pair window", openHeldEngine},
	} {
		if !o.rows.MatchString(c.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "retained:", c.name)
		bytes, err := weigh(c.open)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		out = append(out, retained{c.name, bytes})
	}
	return out, nil
}

func weigh(open func() (holder, error)) (float64, error) {
	spans := workload.New(2)
	before := measure.Heap()
	h, err := open()
	if err != nil {
		return 0, err
	}
	for n := range int64(retainedRounds) {
		spans.Fresh(n * int64(time.Second))
		if err := takeAll(h, spans.Batches()); err != nil {
			return 0, err
		}
	}
	if err := measure.Quiet(time.Minute); err != nil {
		return 0, err
	}
	after := measure.Heap()
	runtime.KeepAlive(spans)
	if err := h.close(); err != nil {
		return 0, err
	}
	return float64(after-before) / float64(retainedRounds*workload.Spans), nil
}

// takeAll hands over the batches as a receiver would: unmarshalled, each with
// memory of its own.
func takeAll(h holder, batches []ptrace.Traces) error {
	wire, err := workload.Encode(batches)
	if err != nil {
		return err
	}
	var u ptrace.ProtoUnmarshaler
	for _, b := range wire {
		td, err := u.UnmarshalTraces(b)
		if err != nil {
			return err
		}
		if err := h.take(td); err != nil {
			return err
		}
	}
	return nil
}

func openRaw() (holder, error) {
	var kept []ptrace.Traces
	return holder{
		take:  func(td ptrace.Traces) error { kept = append(kept, td); return nil },
		close: func() error { runtime.KeepAlive(kept); return nil },
	}, nil
}

func hold(p *peer, err error) (holder, error) {
	if err != nil {
		return holder{}, err
	}
	return holder{
		take:  func(td ptrace.Traces) error { return p.component.ConsumeTraces(context.Background(), td) },
		close: func() error { return p.component.Shutdown(context.Background()) },
	}, nil
}

// openHeldEngine feeds everything within the pair window.
func openHeldEngine() (holder, error) {
	e, err := newEngine(nil, policy().Windows.Pair/(2*retainedRounds*workload.Batches))
	if err != nil {
		return holder{}, err
	}
	return holder{take: func(td ptrace.Traces) error { e.feed(td); return nil }, close: e.Close}, nil
}
