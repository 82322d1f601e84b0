package auditor_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

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
