package auditor_test

import (
	"fmt"
	"runtime"
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
