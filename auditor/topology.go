package auditor

import (
	"cmp"
	"slices"
	"strings"
)

// Topology returns the edges seen, ordered by from, to, kind and destination.
func (e *Engine) Topology() []Edge {
	type arrow struct {
		from, to, topic uint16
		kind            kindID
	}
	sums := map[arrow]*Edge{}
	for k, c := range e.tally.edges {
		if k.from == unseen || k.kind == kindLocal {
			continue
		}
		topic := e.channels[k.channel].topic
		at := arrow{k.from, k.to, topic, k.kind}
		if sums[at] == nil {
			sums[at] = &Edge{
				From: e.node(k.from), To: e.node(k.to), Kind: k.kind.hopKind(), Destination: e.topics.text(topic),
				Hops: map[string]uint64{}, Findings: map[Verdict]uint64{},
			}
		}
		e.addCells(sums[at], c)
	}
	out := make([]Edge, 0, len(sums))
	for _, edge := range sums {
		out = append(out, *edge)
	}
	slices.SortFunc(out, func(a, b Edge) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Destination, b.Destination))
	})
	return out
}

func (e *Engine) addCells(sum *Edge, c *edge) {
	for i := range c.cells {
		n := &c.cells[i]
		sum.Hops[e.tagText(n.carried)] += n.hops
		if n.found.violation() {
			sum.Findings[n.found.verdict()] += n.hops
		}
	}
}

// tagText is a tag as users write it; baseline is empty.
func (e *Engine) tagText(t tagID) string {
	if t == envBase {
		return ""
	}
	return e.tags.show(t)
}

func (e *Engine) node(res uint16) Node {
	w := &e.workloads[res]
	return Node{Service: e.services.text(w.service), Home: w.homeText, Baseline: w.homeKnown && w.home == envBase}
}

func (n Node) compare(m Node) int {
	return cmp.Or(strings.Compare(n.Service, m.Service), strings.Compare(n.Home, m.Home))
}

// Excerpts returns for each wanted trace up to limit of the spans whose facts are
// held, in order of start. Meant for Offline.
func (e *Engine) Excerpts(want map[TraceID]bool, limit int) map[TraceID][]TraceSpan {
	out := map[TraceID][]TraceSpan{}
	e.spans.each(func(_ ref, rec *record) {
		if rec.has(flagEdge) || !want[rec.trace] || len(out[rec.trace]) >= limit {
			return
		}
		w := &e.workloads[rec.res]
		s := TraceSpan{
			SpanID: rec.span, Start: rec.start, Service: e.services.text(w.service),
			Home: w.homeText, Operation: e.operations.text(rec.name), Kind: rec.kind(), Colour: e.showColour(rec.col),
		}
		if rec.met() {
			s.ParentID = e.spans.at(rec.parent).span
		}
		if rec.tag != envBase {
			s.Tag = e.tags.show(rec.tag)
		}
		out[rec.trace] = append(out[rec.trace], s)
	})
	for _, spans := range out {
		slices.SortStableFunc(spans, func(a, b TraceSpan) int { return cmp.Compare(a.Start, b.Start) })
	}
	return out
}

func (e *Engine) showColour(c colour) string {
	switch c.class {
	case colBaseline:
		return "baseline"
	case colTag:
		return e.tags.show(c.env)
	case colLost:
		return "lost(" + e.tags.show(c.env) + ")"
	}
	return "unknown"
}
