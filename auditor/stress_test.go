package auditor_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

var bothModes = map[string]auditor.Mode{"streaming": auditor.Streaming, "offline": auditor.Offline}

// rig is an engine with a watching sink, fed span by span.
type rig struct {
	*watcher
	e     *auditor.Engine
	now   int64
	ids   uint64
	trace auditor.TraceID
}

func newRig(t testing.TB, o auditor.Options, change ...func(*auditor.Policy)) *rig {
	t.Helper()
	p := auditor.DefaultPolicy()
	for _, c := range change {
		c(&p)
	}
	g := &rig{watcher: watch(t), now: sceneStart}
	o.Sink = g.sink
	e, err := auditor.New(p, o)
	require.NoError(t, err)
	g.e, g.trace[0] = e, 1
	return g
}

// res interns a reporting workload.
func (g *rig) res(service, homeEnv string) auditor.ResourceID {
	return g.e.Resource(auditor.Resource{Service: service, Home: home(homeEnv), Reporting: true})
}

// span is an INTERNAL span of the rig's trace with a fresh id.
func (g *rig) span(r auditor.ResourceID, parent auditor.SpanID, tag string) auditor.Span {
	g.ids++
	s := auditor.Span{TraceID: g.trace, SpanID: spanID(g.ids), ParentID: parent, Start: g.now, End: g.now + 1, Kind: auditor.KindInternal, Resource: r, Name: "op"}
	if tag != "" {
		s.Tag = auditor.Reading{Present: true, Value: tag}
	}
	return s
}

func (g *rig) add(s auditor.Span) { g.e.Add(g.now, &s) }

// finish runs all windows out and checks the report.
func (g *rig) finish(spans int) auditor.Report {
	for range 100 {
		g.now += int64(time.Minute)
		g.e.Tick(g.now)
	}
	g.e.Close()
	r := g.e.Report()
	consistent(g.t, &r)
	require.EqualValues(g.t, spans, r.Summary.Spans)
	return r
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// mallocs counts the allocations of a run: the measure of work that does not
// depend on the machine's load.
func mallocs(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// requireLinear: eight times the input may cost at most 24 times the allocations.
func requireLinear(t *testing.T, n int, run func(n int)) {
	t.Helper()
	small := mallocs(func() { run(n / 8) })
	large := mallocs(func() { run(n) })
	require.Less(t, large, 24*small+10_000, "allocations at %d: %d, at %d: %d", n/8, small, n, large)
}

func TestStressTags(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			a := g.res("a", "base")
			for i := range 10_000 {
				root := g.span(a, auditor.SpanID{}, fmt.Sprintf("tag-%d", i))
				root.Kind, root.Op = auditor.KindServer, auditor.OpRPC
				g.trace[1], g.trace[2] = byte(i), byte(i>>8)
				root.TraceID = g.trace
				g.add(root)
			}
			r := g.finish(10_000)
			require.Contains(t, kinds(r.Summary.Warnings), "tag_limit")
			shares := 0.0
			for _, s := range r.Shares {
				shares += s.Count
			}
			require.InDelta(t, 10_000, shares, 0, "no traffic is lost: the rest is other")
			require.LessOrEqual(t, len(r.Shares), 1024+1)
		})
	}
}

func kinds(list []auditor.Warning) (out []string) {
	for _, w := range list {
		out = append(out, w.Kind)
	}
	return out
}

func TestStressNames(t *testing.T) {
	const n = 100_000
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			before := heap()
			g := newRig(t, auditor.Options{Mode: mode})
			for i := range n {
				r := g.res(fmt.Sprintf("service-%d", i), "gray")
				s := g.span(r, auditor.SpanID{}, "gray")
				s.Name, s.Kind, s.Op = fmt.Sprintf("operation-%d", i), auditor.KindConsumer, auditor.OpProcess
				s.Message = auditor.Message{System: "rocketmq", Destination: fmt.Sprintf("topic-%d", i), Group: fmt.Sprintf("group-%d", i)}
				g.add(s)
			}
			r := g.finish(n)
			warned := kinds(r.Summary.Warnings)
			require.Contains(t, warned, "operation_limit")
			require.Contains(t, warned, "channel_limit")
			require.Less(t, heap()-before, uint64(256<<20))
			runtime.KeepAlive(g)
		})
	}
}

// linkCase is a process span of 10,000 links.
type linkCase struct {
	name    string
	tag     func(i int) string // of producer i
	context func(i int) int    // which producer link i names
	late    bool               // the producers arrive after the batch
	dropped bool
}

func TestStressLinks(t *testing.T) {
	const n = 10_000
	gray := func(int) string { return "gray" }
	own := func(i int) int { return i }
	for _, c := range []linkCase{
		{"all gray", gray, own, false, false},
		{"all gray, producers last", gray, own, true, false},
		{"mixed", func(i int) string { return []string{"gray", ""}[i%2] }, own, false, false},
		{"mixed, producers last", func(i int) string { return []string{"gray", ""}[i%2] }, own, true, false},
		{"dropped", gray, own, false, true},
		{"one context again and again", gray, func(int) int { return 0 }, false, false},
		{"one context again and again, producers last", gray, func(int) int { return 0 }, true, false},
		{"ten contexts", func(i int) string { return fmt.Sprint("t", i%10) }, func(i int) int { return i % 10 }, true, false},
	} {
		for name, mode := range bothModes {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				requireLinear(t, n, func(n int) {
					g := newRig(t, auditor.Options{Mode: mode})
					r := g.linked(&c, n)
					require.EqualValues(t, n, r.Summary.Hops, "one hop for each link")
				})
			})
		}
	}
}

// linked feeds a batch of n links and its producers.
func (g *rig) linked(c *linkCase, n int) auditor.Report {
	producers := make([]auditor.Span, n)
	a, b := g.res("a", "gray"), g.res("b", "base")
	for i := range producers {
		producers[i] = g.span(a, auditor.SpanID{}, c.tag(i))
		producers[i].Kind, producers[i].Op = auditor.KindProducer, auditor.OpSend
		producers[i].Message = auditor.Message{System: "kafka", Destination: "T"}
	}
	batch := g.span(b, auditor.SpanID{}, "gray")
	batch.Kind, batch.Op = auditor.KindConsumer, auditor.OpProcess
	batch.Message = auditor.Message{System: "kafka", Destination: "T", Group: "g"}
	for i := range n {
		p := &producers[c.context(i)]
		batch.Links = append(batch.Links, auditor.Link{TraceID: p.TraceID, SpanID: p.SpanID})
	}
	if c.dropped {
		batch.DroppedLinks = 7
	}
	if c.late {
		g.add(batch)
	}
	for i := range producers {
		g.add(producers[i])
	}
	if !c.late {
		g.add(batch)
	}
	return g.finish(n + 1)
}

// TestStressTraces: one trace of 100,000 spans, in the shapes that cost most.
func TestStressTraces(t *testing.T) {
	const n = 100_000
	for _, c := range []struct {
		name   string
		parent func(i int) int // span i's parent; -1 none
		order  func(i, n int) int
	}{
		{"a chain", func(i int) int { return i - 1 }, func(i, _ int) int { return i }},
		{"a chain that arrives in reverse", func(i int) int { return i - 1 }, func(i, n int) int { return n - 1 - i }},
		{"a star", func(i int) int { return min(i, 1) - 1 }, func(i, _ int) int { return i }},
		{"a star whose centre arrives last", func(i int) int { return min(i, 1) - 1 }, func(i, n int) int { return n - 1 - i }},
		{"a binary tree, leaves first", func(i int) int { return (i+1)/2 - 1 }, func(i, n int) int { return n - 1 - i }},
	} {
		for name, mode := range bothModes {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				requireLinear(t, n, func(n int) {
					g := newRig(t, auditor.Options{Mode: mode})
					a := g.res("a", "gray")
					for i := range n {
						at := c.order(i, n)
						s := g.span(a, auditor.SpanID{}, map[bool]string{true: "gray"}[at == 0])
						s.SpanID = spanID(uint64(at + 1))
						if p := c.parent(at); p >= 0 {
							s.ParentID = spanID(uint64(p + 1))
						}
						g.add(s)
					}
					r := g.finish(n)
					require.EqualValues(t, n-1, r.Summary.Judged, "%+v", r.Summary)
					require.NotZero(t, r.Summary.Findings[auditor.VerdictEscape], "the tag is lost behind the root")
				})
			})
		}
	}
}

// TestStressConsumers: 100,000 process spans link one producer, some of them again.
func TestStressConsumers(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			requireLinear(t, 100_000, func(n int) {
				g := newRig(t, auditor.Options{Mode: mode})
				p := g.span(g.res("a", "gray"), auditor.SpanID{}, "gray")
				p.Kind, p.Op, p.Message = auditor.KindProducer, auditor.OpSend, auditor.Message{System: "kafka", Destination: "T"}
				g.add(p)
				b := g.res("b", "gray")
				for range n {
					s := g.span(b, auditor.SpanID{}, "gray")
					s.Kind, s.Op, s.Message = auditor.KindConsumer, auditor.OpProcess, auditor.Message{System: "kafka", Destination: "T", Group: "g"}
					s.Links = []auditor.Link{{TraceID: p.TraceID, SpanID: p.SpanID}}
					g.add(s)
				}
				r := g.finish(n + 1)
				require.EqualValues(t, n, r.Summary.Judged)
			})
		})
	}
}

// TestStressLongText: 1 MB in every string field is cut, not kept.
func TestStressLongText(t *testing.T) {
	mb := strings.Repeat("0123456789abcdef", 1<<16)
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			before := heap()
			g := newRig(t, auditor.Options{Mode: mode})
			for i := range 200 {
				long := fmt.Sprint(i) + mb
				r := g.e.Resource(auditor.Resource{Service: long, Home: home(long), Reporting: true})
				s := g.span(r, auditor.SpanID{}, long)
				s.Name, s.Route, s.Witness, s.Header = long, long, long, home(long)
				s.Kind, s.Op = auditor.KindConsumer, auditor.OpProcess
				s.Message = auditor.Message{System: long, Destination: long, Group: long, ID: long, Filter: long, Partition: long, Property: home(long)}
				s.Links = []auditor.Link{{TraceID: g.trace, SpanID: spanID(9), Tag: home(long), MessageID: long}}
				g.add(s)
				s = g.span(r, auditor.SpanID{}, long)
				s.Kind, s.Op, s.Message = auditor.KindProducer, auditor.OpSend, auditor.Message{System: "rocketmq", Destination: long, ID: long}
				g.add(s)
			}
			g.finish(400)
			for _, f := range g.open() {
				require.Less(t, len(f.Service)+len(f.Destination)+len(f.Explain)+len(f.MessageID), 8<<10)
			}
			require.Less(t, int64(heap())-int64(before), int64(32<<20))
			runtime.KeepAlive(g)
		})
	}
}

// TestStressManyIDs: one span whose id field holds a million ids.
func TestStressManyIDs(t *testing.T) {
	g := newRig(t, auditor.Options{})
	s := g.span(g.res("a", "gray"), auditor.SpanID{}, "gray")
	s.Kind, s.Op = auditor.KindProducer, auditor.OpSend
	s.Message = auditor.Message{System: "rocketmq", Destination: "T", ID: strings.Repeat("x,", 1<<20)}
	before := heap()
	g.add(s)
	require.Less(t, int64(heap())-int64(before), int64(64<<20), "one span may not take that much")
	g.finish(1)
}

// TestStressIDs: ids that are zero, reused, or point at themselves.
func TestStressIDs(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			a := g.res("a", "gray")
			g.add(auditor.Span{SpanID: spanID(1), Resource: a})
			g.add(auditor.Span{TraceID: g.trace, Resource: a})
			self := g.span(a, auditor.SpanID{}, "gray")
			self.ParentID = self.SpanID
			g.add(self)
			for i := range byte(50) { // one span id in many traces: no joins between them
				s := g.span(a, spanID(7001), "")
				s.TraceID, s.SpanID = auditor.TraceID{9, i}, spanID(7000)
				if i%2 == 0 {
					s.SpanID, s.ParentID, s.Tag = spanID(7001), auditor.SpanID{}, home("gray")
				}
				g.add(s)
			}
			spans := 51
			for _, n := range []uint64{2, 3, 1000} {
				for i := range n { // a ring: each is the parent of the next
					s := g.span(a, spanID(n*10_000+(i+1)%n), map[bool]string{true: "gray"}[i == 0])
					s.SpanID = spanID(n*10_000 + i)
					g.add(s)
					spans++
				}
			}
			r := g.finish(spans)
			require.Zero(t, r.Summary.Findings[auditor.VerdictMutation])
		})
	}
}

// TestStressLinkCycles: a batch that links itself, and rings of batches.
func TestStressLinkCycles(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			a := g.res("a", "gray")
			spans := 0
			for _, n := range []uint64{1, 2, 3, 1000} {
				for i := range n {
					s := g.span(a, auditor.SpanID{}, "")
					s.SpanID, s.Kind, s.Op = spanID(n*10_000+i), auditor.KindConsumer, auditor.OpProcess
					next := spanID(n*10_000 + (i+1)%n)
					s.Links = []auditor.Link{{TraceID: g.trace, SpanID: next}, {TraceID: g.trace, SpanID: next}, {TraceID: g.trace, SpanID: spanID(1)}}
					g.add(s)
					spans++
				}
			}
			r := g.finish(spans)
			require.EqualValues(t, 3*spans, r.Summary.Hops)
		})
	}
}

// TestStressTimes: times that cannot be are no reason to fall over.
func TestStressTimes(t *testing.T) {
	times := []int64{0, 1, -1, math.MinInt64, math.MaxInt64, sceneStart}
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode}, func(p *auditor.Policy) { p.ValidFrom = time.Unix(0, sceneStart) })
			spans := 0
			for i, start := range times {
				for j, end := range times {
					p := g.span(g.res("a", "gray"), auditor.SpanID{}, "gray")
					p.Start, p.End, p.Kind, p.Op = start, end, auditor.KindProducer, auditor.OpSend
					p.Message = auditor.Message{System: "rocketmq", Destination: "T", ID: fmt.Sprint(i, j), Delay: end}
					c := g.span(g.res("b", "base"), p.SpanID, "gray")
					c.Start, c.End, c.Kind, c.Op = end, start, auditor.KindConsumer, auditor.OpProcess
					c.Message = auditor.Message{System: "rocketmq", Destination: "T", ID: fmt.Sprint(i, j), Group: "g"}
					g.add(p)
					g.add(c)
					spans += 2
				}
			}
			g.finish(spans)
		})
	}
}

// TestStressClock: the caller's clock may go back, jump and stand.
func TestStressClock(t *testing.T) {
	g := newRig(t, auditor.Options{})
	a := g.res("a", "gray")
	for i, now := range []int64{sceneStart, 0, -5, math.MinInt64, sceneStart + 1, sceneStart - 1e15, math.MaxInt64 - 1, sceneStart, math.MaxInt64} {
		g.e.Tick(now)
		s := g.span(a, spanID(uint64(i)), "gray")
		g.e.Add(now, &s)
	}
	g.e.Close()
	r := g.e.Report()
	consistent(t, &r)
	require.EqualValues(t, 9, r.Summary.Spans)
}

// TestAfterClose: nothing is taken after Close, and Close may come again.
func TestAfterClose(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			a := g.res("a", "gray")
			root := g.span(a, auditor.SpanID{}, "gray")
			g.add(root)
			g.add(g.span(a, root.SpanID, ""))
			g.e.Close()
			told, before := g.told, g.e.Report()
			g.add(g.span(a, root.SpanID, ""))
			g.e.Tick(g.now + int64(time.Hour))
			g.e.Close()
			require.Equal(t, told, g.told)
			require.Equal(t, before, g.e.Report())
			require.EqualValues(t, 1, before.Summary.Findings[auditor.VerdictEscape])
		})
	}
}

// TestStressEnums: values that no adapter gives are unknown work, not another's.
func TestStressEnums(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			a := g.res("a", "gray")
			spans := 0
			for v := range 256 {
				for field := range 4 {
					root := g.span(a, auditor.SpanID{}, "gray")
					s := g.span(a, root.SpanID, "")
					switch field {
					case 0:
						s.Kind = auditor.Kind(max(v, 6))
					case 1:
						s.Op = auditor.Op(max(v, 8))
					case 2:
						s.Remote = auditor.Remote(max(v, 3))
					case 3:
						s.Kind, s.Op, s.Remote = auditor.Kind(max(v, 6)), auditor.Op(max(v, 8)), auditor.Remote(max(v, 3))
					}
					g.add(root)
					g.add(s)
					spans += 2
				}
			}
			r := g.finish(spans)
			require.EqualValues(t, spans/2, r.Summary.Findings[auditor.VerdictEscape], "each is a plain hop that lost the tag")
		})
	}
}

func TestStressResourceRange(t *testing.T) {
	for name, mode := range bothModes {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, auditor.Options{Mode: mode})
			for _, r := range []auditor.ResourceID{1, 2, 65_535, 65_536, math.MaxUint32} {
				s := g.span(r, auditor.SpanID{}, "gray")
				s.Kind, s.Op = auditor.KindServer, auditor.OpRPC
				g.add(s)
			}
			r := g.finish(5)
			require.EqualValues(t, 5, r.Summary.Placement.Undecidable[auditor.ReasonHomeUnknown], "a resource that was never given is unknown")
		})
	}
}

func TestStressResourceLimit(t *testing.T) {
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxResources: 10}})
	for i := range 100 {
		g.add(g.span(g.res(fmt.Sprint("s", i), "gray"), auditor.SpanID{}, "gray"))
	}
	r := g.finish(100)
	require.NotEmpty(t, r.Summary.Warnings, "a limit that was reached is told")
}

// flood feeds n traces of a gray root and a child that lost the tag; every fifth
// child never sees its root.
func flood(g *rig, n int) (spans int) {
	a, b := g.res("a", "gray"), g.res("b", "gray")
	for i := range n {
		binary.BigEndian.PutUint64(g.trace[8:], uint64(i))
		root := g.span(a, auditor.SpanID{}, "gray")
		child := g.span(b, root.SpanID, "")
		child.Kind, child.Op = auditor.KindServer, auditor.OpRPC
		g.add(child)
		spans++
		if i%5 != 0 {
			g.add(root)
			spans++
		}
	}
	return spans
}

// TestStressMaxSpans: at the limit the oldest facts go; coverage says so, memory
// is bounded, and nothing is proven that an unlimited run does not prove.
func TestStressMaxSpans(t *testing.T) {
	const n = 300_000
	before := heap()
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxSpans: 1, MaxFindings: 100}})
	spans := flood(g, n)
	g.last = map[string]auditor.Finding{}
	require.Less(t, int64(heap())-int64(before), int64(160<<20), "131,072 facts, half of them with a finding")
	g.e.Close()
	r := g.e.Report()
	consistent(t, &r)
	require.EqualValues(t, spans, r.Summary.Spans)
	require.NotZero(t, r.Summary.Undecidable[auditor.ReasonEvicted])
	require.LessOrEqual(t, len(r.Findings), 100)
	runtime.KeepAlive(g)
}

func TestEvictionProvesNothing(t *testing.T) {
	limited := newRig(t, auditor.Options{Limits: auditor.Limits{MaxSpans: 1}})
	free := newRig(t, auditor.Options{})
	flood(limited, 120_000)
	flood(free, 120_000)
	limited.finish(216_000)
	free.finish(216_000)
	want := free.open()
	require.NotEmpty(t, want)
	for id, f := range limited.open() {
		if f.Certainty == auditor.Proven {
			require.Equal(t, auditor.Proven, want[id].Certainty, "%+v", f)
		}
	}
}

func TestStressMaxFindings(t *testing.T) {
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxFindings: 10}})
	spans := flood(g, 1000)
	r := g.finish(spans)
	require.Len(t, r.Findings, 10, "the report keeps that many")
	require.Len(t, g.last, 800, "the sink gets all")
}

func TestStressMaxEdges(t *testing.T) {
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxEdges: 10}})
	root := g.span(g.res("root", "gray"), auditor.SpanID{}, "gray")
	g.add(root)
	for i := range 1000 {
		s := g.span(g.res(fmt.Sprint("s", i), "gray"), root.SpanID, "gray")
		s.Kind, s.Op = auditor.KindServer, auditor.OpRPC
		g.add(s)
	}
	r := g.finish(1001)
	require.LessOrEqual(t, len(g.e.Topology()), 10)
	require.Contains(t, kinds(r.Summary.Warnings), "edge_limit")
	require.EqualValues(t, 1000, r.Summary.Hops, "coverage counts them all the same")
}

func TestStressMaxTags(t *testing.T) {
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxTags: 3}})
	for i := range 10 {
		root := g.span(g.res("a", "base"), auditor.SpanID{}, fmt.Sprint("t", i))
		g.add(root)
		s := g.span(g.res("b", "base"), root.SpanID, fmt.Sprint("t", i))
		s.Kind, s.Op = auditor.KindServer, auditor.OpRPC
		g.add(s)
	}
	r := g.finish(20)
	require.Contains(t, kinds(r.Summary.Warnings), "tag_limit")
	require.Empty(t, r.Findings, "other is a tag like any: it has survived")
}

// TestStressMessagesBounded: produced messages are bounded by their own limit.
func TestStressMessagesBounded(t *testing.T) {
	before := heap()
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxMessages: 1000, MaxSpans: 1}})
	a := g.res("a", "base")
	for i := range 400_000 {
		s := g.span(a, auditor.SpanID{}, "")
		s.Kind, s.Op = auditor.KindProducer, auditor.OpSend
		s.Message = auditor.Message{System: "rocketmq", Destination: "T", ID: fmt.Sprint(i)}
		g.add(s)
	}
	require.Zero(t, g.told)
	require.Less(t, int64(heap())-int64(before), int64(64<<20))
	runtime.KeepAlive(g)
}

// TestStressGaps: a workload that is seen now and then for a year leaves no trail.
func TestStressGaps(t *testing.T) {
	g := newRig(t, auditor.Options{})
	a := g.res("a", "gray")
	year := func() {
		for range 10_000 {
			g.now += int64(10 * time.Minute)
			g.add(g.span(a, auditor.SpanID{}, "gray"))
		}
	}
	year()
	before := heap()
	year()
	require.Less(t, int64(heap())-int64(before), int64(1<<20))
	runtime.KeepAlive(g)
}

// TestStressTwinQuestions: every tag at every service is a question; answers are
// not kept for ever.
func TestStressTwinQuestions(t *testing.T) {
	before := heap()
	g := newRig(t, auditor.Options{Limits: auditor.Limits{MaxSpans: 1}})
	for i := range 2000 {
		r := g.res(fmt.Sprint("s", i), "base")
		for j := range 500 {
			s := g.span(r, auditor.SpanID{}, fmt.Sprint("t", j))
			s.Kind, s.Op = auditor.KindServer, auditor.OpRPC
			g.add(s)
		}
	}
	for range 100 {
		g.now += int64(time.Minute)
		g.e.Tick(g.now)
	}
	g.last = nil
	require.Less(t, int64(heap())-int64(before), int64(96<<20), "their shares are left")
	runtime.KeepAlive(g)
}
