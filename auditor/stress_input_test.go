package auditor_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

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
				s.Message = auditor.Message{System: long, Destination: long, Group: long, ID: long, Filter: long, Property: home(long)}
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
