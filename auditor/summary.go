package auditor

import (
	"cmp"
	"slices"
	"strings"
)

// Report returns the outcome so far with its open findings, the worst first.
// In Streaming mode hops count when their window has ended.
func (e *Engine) Report() Report {
	r := Report{Version: 1, Shares: e.Shares(), Findings: make([]Finding, 0, len(e.ledger.open))}
	for _, n := range e.ledger.open {
		r.Findings = append(r.Findings, n.finding)
	}
	slices.SortFunc(r.Findings, worse)
	r.Summary = e.summary(r.Findings)
	return r
}

// worse orders findings: proven first, then by severity, time and id.
func worse(a, b Finding) int {
	return cmp.Or(
		strings.Compare(string(a.Certainty), string(b.Certainty)), // "proven" < "suspected"
		cmp.Compare(severityRank(b.Verdict), severityRank(a.Verdict)),
		a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID),
	)
}

func severityRank(v Verdict) int {
	for i := range verdictCount {
		if i.verdict() == v {
			return int(i)
		}
	}
	return 0
}

func (e *Engine) summary(open []Finding) Summary {
	t := &e.tally
	s := Summary{
		Spans: t.spans, Traces: t.traces, Hops: t.hops, Judged: t.judged, Coverage: ratio(t.judged, t.hops),
		Undecidable: map[Reason]uint64{}, Findings: map[Verdict]uint64{}, Warnings: e.warnings(),
		Placement: PlacementSummary{
			Seen: t.entries, Judged: t.placed, Coverage: ratio(t.placed, t.entries),
			Verdicts: map[Verdict]uint64{}, Undecidable: map[Reason]uint64{},
		},
	}
	for k, n := range t.unjudged {
		s.Undecidable[k] = n
	}
	for k, n := range t.unplaced {
		s.Placement.Undecidable[k] = n
	}
	for v, n := range t.places {
		if n > 0 {
			s.Placement.Verdicts[verdictID(v).verdict()] = n
		}
	}
	for i := range open {
		s.Findings[open[i].Verdict]++
	}
	return s
}

func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// Shares returns the gray shares by service, topic and edge, in that order and
// by name; scopes without tagged traffic are left out.
func (e *Engine) Shares() []Share {
	out := []Share{}
	for k, s := range e.tally.shares {
		for tag, n := range s.byTag {
			out = append(out, e.showShare(k, s, tag, n))
		}
	}
	rank := map[string]int{"service": 0, "topic": 1, "edge": 2}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(rank[a.By], rank[b.By]), strings.Compare(a.Name, b.Name), strings.Compare(a.Env, b.Env))
	})
	return out
}

func (e *Engine) showShare(k scope, s *share, tag tagID, n float64) Share {
	out := Share{Env: e.tags.show(tag), Count: n, Total: s.total, Basis: BasisAdjusted}
	switch k.by {
	case 's':
		out.By, out.Name = "service", e.services.text(k.from)
	case 't':
		out.By, out.Name = "topic", e.topics.text(k.from)
	default:
		out.By, out.Name = "edge", e.services.text(k.from)+"->"+e.services.text(k.to)
	}
	part := n / s.total
	out.Share = &part
	switch {
	case s.withRate > 0 && s.without > 0:
		out.Basis, out.Share = BasisMixed, nil
	case s.withRate == 0:
		out.Basis = BasisSpans
	}
	return out
}

// Topology returns the edges seen, ordered by from, to, kind and destination.
func (e *Engine) Topology() []Edge {
	out := make([]Edge, 0, len(e.tally.edges))
	for k, c := range e.tally.edges {
		edge := Edge{
			From: e.node(k.from), To: e.node(k.to), Kind: k.kind, Destination: e.topics.text(k.topic),
			Hops: map[string]uint64{}, Findings: map[Verdict]uint64{},
		}
		for tag, n := range c.hops {
			if tag == envBase {
				edge.Hops[""] += n
			} else {
				edge.Hops[e.tags.show(tag)] += n
			}
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
			SpanID: rec.span, ParentID: rec.parentID, Start: rec.start, Service: e.services.text(w.service),
			Home: w.homeText, Operation: e.operations.text(rec.name), Kind: rec.kind(), Colour: e.showColour(rec.col),
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

// warnings are the hints that are no findings.
func (e *Engine) warnings() []Warning {
	out := []Warning{}
	for i := range e.workloads {
		w := &e.workloads[i]
		if name := e.services.text(w.service); w.blocked > 0 && !w.tags.any() && !hasWarning(out, name) {
			out = append(out, Warning{"silent", name, name + " has a home and never shows a tag: its hops cannot be judged; most likely baggage is not copied to its span attributes"})
		}
	}
	for _, l := range []struct {
		full       bool
		kind, what string
	}{
		{e.tags.full, "tag_limit", "tags and homes"}, {e.operations.full, "operation_limit", "operations"},
		{e.topics.full || e.groups.full || e.channelsFull, "channel_limit", "topics and groups"}, {e.tally.full, "edge_limit", "edges and shares"},
	} {
		if l.full {
			out = append(out, Warning{l.kind, l.what, "more distinct " + l.what + " than the limit: the rest is counted as other"})
		}
	}
	return out
}

func hasWarning(list []Warning, subject string) bool {
	return slices.ContainsFunc(list, func(w Warning) bool { return w.Subject == subject })
}

// any reports whether a tag was ever seen.
func (r *reporter) any() bool {
	for i := range r.kinds {
		if len(r.kinds[i].spans) > 0 {
			return true
		}
	}
	return false
}
