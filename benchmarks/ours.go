package main

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// A load is how much time passes from batch to batch: it sets how many facts
// are in the windows.
const (
	modestLoad = 100 * time.Millisecond // 154,000 spans in the pair window
	highLoad   = 10 * time.Millisecond  // 1.5 million
)

// policy is the default one; the gateway gives the tags.
func policy() auditor.Policy {
	p := auditor.DefaultPolicy()
	p.Origins = []string{"gateway"}
	return p
}

// engine feeds the audit engine as a collector component would.
type engine struct {
	spans    *workload.Round
	decoder  *otlp.Decoder
	engine   *auditor.Engine
	step     int64
	now      int64
	findings int
}

func openEngine(step time.Duration) func(*workload.Round) (measure.Subject, error) {
	return func(w *workload.Round) (measure.Subject, error) {
		e, err := newEngine(w, step)
		if err != nil {
			return nil, err
		}
		err = e.warmUp()
		return e, err
	}
}

func newEngine(w *workload.Round, step time.Duration) (*engine, error) {
	p := policy()
	e := &engine{spans: w, decoder: otlp.NewDecoder(p.Keys, otlp.Options{}), step: int64(step)}
	e.now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano()
	var err error
	e.engine, err = auditor.New(p, auditor.Options{
		Mode: auditor.Streaming,
		Sink: func(auditor.Finding) { e.findings++ },
	})
	return e, err
}

// warmUp runs until the longest window has turned over once, that of the messages, so
// that what follows is the steady state.
func (e *engine) warmUp() error {
	w := policy().Windows
	until := e.now + int64(w.Stranded) + 2*int64(w.Pair)
	for e.now < until {
		if err := e.Prepare(); err != nil {
			return err
		}
		if _, err := e.Pass(); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) Prepare() error {
	e.spans.Fresh(e.now)
	return nil
}

func (e *engine) Pass() (int, error) {
	n := 0
	for _, td := range e.spans.Batches() {
		n += e.feed(td)
	}
	return n, nil
}

func (e *engine) feed(td ptrace.Traces) int {
	e.now += e.step
	n := otlp.Feed(e.engine, e.decoder, e.now, td)
	e.engine.Tick(e.now)
	return n
}

// Close checks what was measured: the traffic is clean and nearly all of it can
// be judged, so an engine that found something, or judged little, is wrong.
func (e *engine) Close() error {
	e.engine.Close()
	s := e.engine.Report().Summary
	if e.findings > 0 {
		return fmt.Errorf("%d findings in clean traffic: %v", e.findings, s.Findings)
	}
	if s.Coverage < 0.95 {
		return fmt.Errorf("only %.1f %% of %d hops were judged: %v", 100*s.Coverage, s.Hops, s.Undecidable)
	}
	return nil
}

// facts takes facts and drops them: what is left is the adapter's cost.
type facts struct{ spans, resources int }

func (f *facts) Resource(auditor.Resource) auditor.ResourceID {
	f.resources++
	return 1
}

func (f *facts) Add(_ int64, s *auditor.Span) {
	if !s.SpanID.IsZero() {
		f.spans++
	}
}

type adapter struct {
	spans   *workload.Round
	decoder *otlp.Decoder
	clock   int64 // nanoseconds since the Unix epoch
	facts   facts
}

func openAdapter(w *workload.Round) (measure.Subject, error) {
	return &adapter{spans: w, decoder: otlp.NewDecoder(policy().Keys, otlp.Options{})}, nil
}

func (a *adapter) Prepare() error {
	a.clock += int64(time.Minute)
	a.spans.Fresh(a.clock)
	return nil
}

func (*adapter) Close() error { return nil }

func (a *adapter) Pass() (int, error) {
	n := 0
	for _, td := range a.spans.Batches() {
		n += otlp.Feed(&a.facts, a.decoder, a.clock, td)
	}
	if a.facts.spans%workload.Spans != 0 {
		return n, fmt.Errorf("the adapter lost spans: %d", a.facts.spans)
	}
	return n, nil
}
