package auditor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// outcomeOf is all that can be seen of a stream.
type outcomeOf struct {
	Open    map[string]auditor.Finding
	Hops    []auditor.HopCount
	Traffic []auditor.TrafficCount
	Summary auditor.Summary
	Stats   auditor.Stats
}

// TestPlainTracesChangeNothing: with windows that are much shorter than the
// stream, at any pace, the outcome is that of an engine that knows no plain
// traces.
func TestPlainTracesChangeNothing(t *testing.T) {
	plainOrNot(t, func(s *scene, r *rand.Rand) {
		if r.IntN(3) > 0 {
			calm(s.facts, r.IntN(4))
		}
	})
}

// TestDyedTracesChangeNothing: the same, where many traces show one tag from end to end.
func TestDyedTracesChangeNothing(t *testing.T) {
	plainOrNot(t, func(s *scene, r *rand.Rand) {
		dye(s.facts, r)
		if r.IntN(2) > 0 {
			s.policy.CapturedProperties = nil
		}
	})
}

func plainOrNot(t *testing.T, change func(*scene, *rand.Rand)) {
	scenes(t, func(t *testing.T, s scene, r *rand.Rand) {
		s.policy.Windows = auditor.Windows{Pair: 20 * time.Second, Liveness: 2 * time.Minute, Stranded: time.Minute, Grace: time.Second}
		change(&s, r)
		order := permuted(s.facts, r)
		for range r.IntN(4) {
			order = append(order, s.facts[r.IntN(len(s.facts))])
		}
		pace := []time.Duration{time.Millisecond, time.Second, 5 * time.Second, 40 * time.Second}[r.IntN(4)]
		gaps := make([]time.Duration, len(order))
		for i := range gaps {
			gaps[i] = time.Duration(r.Int64N(int64(pace)))
		}
		require.Equal(t, playOut(t, s.policy, order, gaps, true), playOut(t, s.policy, order, gaps, false))
	})
}

// dye gives the spans of a trace one tag and a workload of it, but for a few.
func dye(facts []fact, r *rand.Rand) {
	envs := map[auditor.TraceID]auditor.Reading{}
	for i := range facts {
		f := &facts[i]
		if _, ok := envs[f.span.TraceID]; !ok {
			envs[f.span.TraceID] = home([]string{"gray", "gray", "blue", "base"}[r.IntN(4)])
		}
		if r.IntN(24) == 0 {
			continue
		}
		env := envs[f.span.TraceID]
		f.span.Tag, f.span.Header, f.span.Witness = env, auditor.Reading{}, ""
		if f.span.Message.Property.Present && r.IntN(8) > 0 {
			f.span.Message.Property = env
		}
		for j := range f.span.Links {
			f.span.Links[j].Tag = auditor.Reading{}
		}
		if f.res.Service != "gateway" {
			f.res.Home = env
		}
	}
}

// calm takes the tags from most facts, so that many traces are baseline.
func calm(facts []fact, keep int) {
	for i := range facts {
		f := &facts[i]
		if i < keep {
			continue
		}
		f.span.Tag, f.span.Witness, f.span.Header, f.span.Message.Property = auditor.Reading{}, "", auditor.Reading{}, auditor.Reading{}
		if f.res.Home.Present {
			f.res.Home.Value = "base"
		}
		f.res.Reporting = f.res.Reporting || keep == 0
	}
}

func playOut(t *testing.T, p auditor.Policy, order []fact, gaps []time.Duration, hot bool) outcomeOf {
	out := outcomeOf{Open: map[string]auditor.Finding{}}
	e, err := auditor.New(p, auditor.Options{Sink: func(f auditor.Finding) {
		f.Revision = 0
		if delete(out.Open, f.ID); f.State == auditor.StateOpen {
			out.Open[f.ID] = f
		}
	}})
	require.NoError(t, err)
	if hot {
		e.AllHot()
	}
	now := sceneStart
	for i := range order {
		now += int64(gaps[i])
		if !hot { // which decides nothing
			e.Expect(order[min(i+3, len(order)-1)].span.TraceID)
		}
		feed(e, now, &order[i])
	}
	for range 100 {
		now += int64(7 * time.Second)
		e.Tick(now)
	}
	e.Close()
	out.Hops, out.Traffic, out.Summary, out.Stats = e.HopCounts(), e.TrafficCounts(), e.Summary(), e.Stats()
	return out
}

// told collects what an engine tells of spans that all report.
type told struct {
	e        *auditor.Engine
	findings []auditor.Finding
}

func newTold(t *testing.T, p auditor.Policy) *told {
	l := &told{}
	var err error
	l.e, err = auditor.New(p, auditor.Options{Sink: func(f auditor.Finding) { l.findings = append(l.findings, f) }})
	require.NoError(t, err)
	return l
}

// add adds a span that starts and arrives now, or arrives late.
func (l *told) add(start, now int64, service, home string, s auditor.Span) {
	s.Start, s.End = start, start
	s.Resource = l.e.Resource(auditor.Resource{Service: service, Home: auditor.Reading{Present: true, Value: home}, Reporting: true})
	s.Message.System, s.Message.Destination, s.Message.ID = "rocketmq", "ORDER", "m1"
	l.e.Add(now, &s)
}

func grayProducer() auditor.Span {
	return auditor.Span{
		TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{1}, Kind: auditor.KindProducer, Op: auditor.OpSend,
		Tag: auditor.Reading{Present: true, Value: "gray"},
	}
}

// TestLateConsumersAreFoundAtOnce: what a consumer that shows nothing lost of a message
// whose producer has expired is told while its span is in hand, whoever flags that.
func TestLateConsumersAreFoundAtOnce(t *testing.T) {
	l := newTold(t, auditor.DefaultPolicy())
	l.add(sceneStart, sceneStart, "order", "gray", grayProducer())
	late := sceneStart + 3*int64(auditor.DefaultPolicy().Windows.Pair)
	l.e.Tick(late)
	require.Zero(t, l.e.Stats().Facts, "the producer has expired")
	require.Empty(t, l.findings)
	l.add(late, late, "pay", "base", auditor.Span{
		TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{2}, ParentID: auditor.SpanID{1}, Kind: auditor.KindConsumer, Op: auditor.OpProcess,
		Message: auditor.Message{Group: "pay"},
	})
	require.Len(t, l.findings, 1)
	require.Equal(t, auditor.VerdictEscape, l.findings[0].Verdict)
	l.add(sceneStart, late, "order", "gray", grayProducer())
	require.EqualValues(t, 1, l.e.Stats().Duplicates, "a producer that comes again when it has expired")
}

// TestMessageIDsAreFoundAtOnce: so is what only the id of a message tells, of one that
// came a moment before.
func TestMessageIDsAreFoundAtOnce(t *testing.T) {
	l := newTold(t, auditor.DefaultPolicy())
	l.add(sceneStart, sceneStart, "order", "gray", grayProducer())
	l.add(sceneStart, sceneStart, "pay", "base", auditor.Span{
		TraceID: auditor.TraceID{2}, SpanID: auditor.SpanID{2}, Kind: auditor.KindConsumer, Op: auditor.OpProcess,
		Message: auditor.Message{Group: "pay"},
	})
	require.Len(t, l.findings, 1)
	require.Equal(t, auditor.VerdictEscape, l.findings[0].Verdict)
}

// TestMessagesThatExpireUnasked: a message whose time ends before anybody asks for its id
// is not found any more.
func TestMessagesThatExpireUnasked(t *testing.T) {
	p := auditor.DefaultPolicy()
	p.Windows.Stranded = time.Second // far shorter than the window of its producer
	l := newTold(t, p)
	l.add(sceneStart, sceneStart, "order", "base", auditor.Span{
		TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{1}, Kind: auditor.KindProducer, Op: auditor.OpSend,
	})
	later := sceneStart + int64(p.Windows.Pair)*3/4
	l.add(later, sceneStart, "gateway", "base", auditor.Span{TraceID: auditor.TraceID{3}, SpanID: auditor.SpanID{3}, Kind: auditor.KindServer})
	l.e.Tick(later) // the data reach that far
	require.Zero(t, l.e.Stats().Messages)
	l.add(later, later, "pay", "base", auditor.Span{
		TraceID: auditor.TraceID{2}, SpanID: auditor.SpanID{2}, Kind: auditor.KindConsumer, Op: auditor.OpProcess,
		Message: auditor.Message{Group: "pay"},
	})
	require.Empty(t, l.findings)
}

// TestUpstreamsInACircle: a trace whose spans are upstream of each other has no
// beginning, and nothing is judged in it.
func TestUpstreamsInACircle(t *testing.T) {
	reports := auditor.Resource{Service: "a", Home: auditor.Reading{Present: true, Value: "base"}, Reporting: true}
	var facts []fact
	for i := range byte(3) {
		facts = append(facts, fact{reports, auditor.Span{
			TraceID: auditor.TraceID{1}, SpanID: auditor.SpanID{i + 1}, ParentID: auditor.SpanID{(i+1)%3 + 1}, Start: sceneStart, Kind: auditor.KindInternal,
		}})
	}
	gaps := make([]time.Duration, len(facts))
	got := playOut(t, auditor.DefaultPolicy(), facts, gaps, false)
	require.Equal(t, playOut(t, auditor.DefaultPolicy(), facts, gaps, true), got)
	require.Zero(t, got.Summary.Judged)
}

// TestTheEarliestAttemptStands: of two attempts at a message shares count the one that
// started first, and with it what it stands for.
func TestTheEarliestAttemptStands(t *testing.T) {
	base := auditor.Reading{Present: true, Value: "base"}
	at := func(service string, id byte, start int64, s auditor.Span) fact {
		s.TraceID, s.SpanID, s.Start = auditor.TraceID{1}, auditor.SpanID{id}, sceneStart+start
		s.Message.System, s.Message.Destination, s.Message.ID = "rocketmq", "ORDER", "m1"
		return fact{auditor.Resource{Service: service, Home: base, Reporting: true}, s}
	}
	attempt := func(id byte, start int64, threshold uint64) fact {
		return at("pay", id, start, auditor.Span{
			ParentID: auditor.SpanID{1}, Kind: auditor.KindConsumer, Op: auditor.OpProcess, Message: auditor.Message{Group: "pay"},
			HasThreshold: threshold > 0, Threshold: threshold,
		})
	}
	for _, facts := range [][]fact{
		{at("order", 1, 0, auditor.Span{Kind: auditor.KindProducer, Op: auditor.OpSend}), attempt(2, 2, 0), attempt(3, 1, 1<<55)},
		{at("order", 1, 0, auditor.Span{Kind: auditor.KindProducer, Op: auditor.OpSend}), attempt(2, 1, 1<<55), attempt(3, 2, 0)},
	} {
		gaps := make([]time.Duration, len(facts))
		got := playOut(t, auditor.DefaultPolicy(), facts, gaps, false)
		require.Equal(t, playOut(t, auditor.DefaultPolicy(), facts, gaps, true), got)
		require.Contains(t, got.Traffic, auditor.TrafficCount{Service: "pay", Home: "base", Units: 1, Count: 2, Rated: 1})
	}
}
