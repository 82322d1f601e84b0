package enginehost

import (
	"crypto/rand"
	"maps"
	mathrand "math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
)

// life is one engine from its first span to its last. A policy that changes how
// facts are read ends it and begins another one.
type life struct {
	run     string
	started time.Time
	engine  *auditor.Engine
	decoder *otlp.Decoder
	policy  auditor.Policy
	counts  findingCounts
}

func newLife(p auditor.Policy, o auditor.Options, started time.Time, sink func(auditor.Finding)) (*life, error) {
	l := &life{run: rand.Text(), started: started, counts: newFindingCounts()}
	o.Seed = mathrand.Uint64()
	o.Sink = sink
	var err error
	if l.engine, err = auditor.New(p, o); err != nil {
		return nil, err
	}
	l.use(p)
	return l, nil
}

// use reads spans as the policy says from now on.
func (l *life) use(p auditor.Policy) {
	l.policy = p
	l.decoder = otlp.NewDecoder(p.Keys, otlp.Options{Properties: p.CapturedProperties})
}

// runOut lets all windows end.
func (l *life) runOut(now int64) {
	const steps = 64 // finer than the parts of a window
	w := l.policy.Windows
	step := 2 * int64(w.Pair+w.Liveness+w.Stranded+w.Grace) / steps
	for range steps {
		now += step
		l.engine.Tick(now)
	}
	l.engine.Close()
}

// Snapshot is what an engine has counted. The counts only grow within a run.
type Snapshot struct {
	Run            string
	Started, Taken time.Time
	Summary        auditor.Summary
	Stats          auditor.Stats
	Hops           []auditor.HopCount
	Traffic        []auditor.TrafficCount
	// Findings counts each finding once for each verdict and certainty it took.
	Findings map[FindingKey]uint64
	// Stranded counts each stranded message once.
	Stranded  map[StrandedKey]uint64
	Withdrawn map[auditor.Verdict]uint64
}

func (l *life) snapshot(now time.Time) Snapshot {
	return Snapshot{
		Run: l.run, Started: l.started, Taken: now,
		Summary: l.engine.Summary(), Stats: l.engine.Stats(), Hops: l.engine.HopCounts(), Traffic: l.engine.TrafficCounts(),
		Findings: maps.Clone(l.counts.series), Stranded: maps.Clone(l.counts.stranded), Withdrawn: maps.Clone(l.counts.withdrawn),
	}
}

// feeder stands before the engine and knows which span of a batch is in hand.
type feeder struct {
	*auditor.Engine
	at int // -1: none
}

// Add passes a span on.
func (f *feeder) Add(now int64, s *auditor.Span) {
	f.at++
	f.Engine.Add(now, s)
}

// feed hands a batch to the engine and returns how many spans it has.
func (l *life) feed(f *feeder, now int64, td ptrace.Traces) int {
	l.engine.Tick(now) // before a span is in hand: what only time decides has no span to flag
	f.Engine = l.engine
	defer func() { f.at = -1 }()
	return otlp.Feed(f, l.decoder, now, td)
}
