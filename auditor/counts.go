package auditor

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// HopCount is how many hops of one edge ended alike. Counts only grow, and a hop
// is counted once, when its window has ended: later upgrades change findings, not
// counters (ADR 0002).
type HopCount struct {
	From    Node // the zero Node where the upstream was not seen
	To      Node
	Env     string // the tag that the traffic truly had; "" is baseline
	Shown   string // the tag that the downstream span shows
	Verdict Verdict
	Kind    HopKind
	// System, Destination and Group are of message hops.
	System, Destination, Group string
	Hops                       uint64
	Count                      float64 // adjusted: what the hops stand for, given sampling
	Rated                      uint64  // of Hops, those with a sampling threshold
}

// HopCounts returns all hops seen so far, in an order that does not depend on
// when they came. The sum over Hops is Summary.Hops; Verdict undecidable is not
// judged. Edges past Limits.MaxEdges share one entry without names.
func (e *Engine) HopCounts() []HopCount {
	var out []HopCount
	for _, k := range slices.SortedFunc(maps.Keys(e.tally.edges), edgeKey.compare) {
		for _, c := range e.tally.edges[k].cells {
			if !c.hop {
				continue
			}
			n := HopCount{
				Env: e.tagText(c.env), Shown: e.tagText(c.shown), Verdict: c.verdict.verdict(),
				Kind: k.kind.hopKind(), Hops: c.hops, Count: c.sum, Rated: c.rated,
			}
			if k.from != unseen {
				n.From = e.node(k.from)
			}
			if k.to != unseen {
				n.To = e.node(k.to)
			}
			if k.kind == kindMessage {
				ch := e.channels[k.channel]
				n.System, n.Destination, n.Group = e.topics.text(ch.system), e.topics.text(ch.topic), e.groups.text(ch.group)
			}
			out = append(out, n)
		}
	}
	slices.SortFunc(out, HopCount.compare)
	return merged(out)
}

// merged sums the counts that differ in nothing that is shown.
func merged(in []HopCount) []HopCount {
	out := in[:0]
	for _, c := range in {
		if n := len(out); n > 0 && out[n-1].compare(c) == 0 {
			last := &out[n-1]
			last.Hops, last.Count, last.Rated = last.Hops+c.Hops, last.Count+c.Count, last.Rated+c.Rated
			continue
		}
		out = append(out, c)
	}
	return out
}

// compare orders counts by what they count.
func (c HopCount) compare(o HopCount) int {
	return cmp.Or(c.From.compare(o.From), c.To.compare(o.To), strings.Compare(string(c.Kind), string(o.Kind)),
		strings.Compare(c.System, o.System), strings.Compare(c.Destination, o.Destination), strings.Compare(c.Group, o.Group),
		strings.Compare(c.Env, o.Env), strings.Compare(c.Shown, o.Shown), strings.Compare(string(c.Verdict), string(o.Verdict)))
}

// TrafficCount is the traffic of a workload that carries one tag: its entry
// spans, or the messages that it produced to a destination.
type TrafficCount struct {
	Service, Home string
	Env           string // "" is baseline
	Destination   string // "": entry spans
	Units         uint64 // a message counts once, however many attempts
	Count         float64
	Rated         uint64 // of Units, those with a sampling threshold
}

// TrafficCounts returns the traffic so far, the basis of shares.
func (e *Engine) TrafficCounts() []TrafficCount {
	var out []TrafficCount
	for res := range e.tally.scopes {
		out = e.trafficOf(out, &e.tally.scopes[res], uint16(res), "")
	}
	for _, k := range slices.Sorted(maps.Keys(e.tally.produced)) {
		out = e.trafficOf(out, e.tally.produced[k], uint16(k>>16), e.topics.text(uint16(k)))
	}
	slices.SortFunc(out, func(a, b TrafficCount) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Home, b.Home),
			strings.Compare(a.Destination, b.Destination), strings.Compare(a.Env, b.Env))
	})
	return out
}

func (e *Engine) trafficOf(out []TrafficCount, s *share, res uint16, topic string) []TrafficCount {
	n := e.node(res)
	for _, p := range s.parts {
		out = append(out, TrafficCount{n.Service, n.Home, e.tagText(p.tag), topic, p.units, p.sum, p.rated})
	}
	return out
}

// Stats is what the engine says of itself. All but the last four only grow.
type Stats struct {
	Spans      uint64 // distinct spans taken
	Duplicates uint64 // spans that were there already
	Invalid    uint64 // spans without trace or span id
	Late       uint64 // spans that came more than a pair window after their end
	Evicted    uint64 // facts pushed out before their window ended
	Forgotten  uint64 // open findings that Report no longer lists (Limits.MaxFindings)
	Facts      int    // records held: spans and links
	Messages   int    // messages held
	Open       int    // findings open
	Versions   int    // policies in force or in their grace period
}

// Stats returns the counters; cheap.
func (e *Engine) Stats() Stats {
	t := &e.tally
	return Stats{
		Spans: t.spans, Duplicates: t.duplicates, Invalid: t.invalid, Late: t.late, Evicted: t.evicted, Forgotten: t.forgotten,
		Facts: e.spans.size(), Messages: e.messages.size(), Open: len(e.ledger.open), Versions: len(e.versions),
	}
}

// Summary returns what was seen and judged so far, without the list of findings.
func (e *Engine) Summary() Summary {
	s := e.summary(nil)
	for _, n := range e.ledger.open {
		s.Findings[n.finding.Verdict]++
	}
	return s
}
