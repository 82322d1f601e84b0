package auditor_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

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
