package auditor

import (
	"cmp"
	"slices"
	"strings"
)

// Topology returns the edges seen, ordered by from, to, kind and destination.
func (e *Engine) Topology() []Edge {
	out := make([]Edge, 0, len(e.tally.edges))
	for k, c := range e.tally.edges {
		edge := Edge{
			From: e.node(k.from), To: e.node(k.to), Kind: k.kind, Destination: e.topics.text(k.topic),
			Hops: map[string]uint64{}, Findings: map[Verdict]uint64{},
		}
		for _, t := range c.carried.tagged {
			name := ""
			if t.tag != envBase {
				name = e.tags.show(t.tag)
			}
			edge.Hops[name] += t.hops
		}
		for v, n := range c.found {
			if n > 0 && verdictID(v).violation() {
				edge.Findings[verdictID(v).verdict()] = n
			}
		}
		out = append(out, edge)
	}
	slices.SortFunc(out, func(a, b Edge) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Destination, b.Destination))
	})
	return out
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
