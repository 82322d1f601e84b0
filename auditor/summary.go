package auditor

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
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
	for why := whyMissing; why < reasonCount; why++ {
		if n := t.unjudged[why]; n > 0 {
			s.Undecidable[why.reason()] = n
		}
		if n := t.unplaced[why]; n > 0 {
			s.Placement.Undecidable[why.reason()] = n
		}
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

// ratio is 0 of nothing: no data is not a pass.
func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Shares returns the gray shares by service, topic and edge, in that order and
// by name; scopes without tagged traffic are left out.
func (e *Engine) Shares() []Share {
	out := []Share{}
	services, topics := map[string]*share{}, map[string]*share{}
	for res := range e.tally.scopes {
		sumOf(services, e.services.text(e.workloads[res].service)).merge(&e.tally.scopes[res])
	}
	for _, k := range slices.Sorted(maps.Keys(e.tally.produced)) {
		sumOf(topics, e.topics.text(uint16(k))).merge(e.tally.produced[k])
	}
	for name, s := range services {
		out = e.showShares(out, "service", name, s)
	}
	for name, s := range topics {
		out = e.showShares(out, "topic", name, s)
	}
	for name, s := range e.edgeShares() {
		out = e.showShares(out, "edge", name, s)
	}
	rank := map[string]int{"service": 0, "topic": 1, "edge": 2}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(rank[a.By], rank[b.By]), strings.Compare(a.Name, b.Name), strings.Compare(a.Env, b.Env))
	})
	return out
}

func sumOf(sums map[string]*share, name string) *share {
	if sums[name] == nil {
		sums[name] = &share{}
	}
	return sums[name]
}

// edgeShares sums the edges between workloads up to those between services.
func (e *Engine) edgeShares() map[string]*share {
	sums := map[string]*share{}
	keys := slices.SortedFunc(maps.Keys(e.tally.edges), edgeKey.compare) // sums of floats depend on their order
	for _, k := range keys {
		if k.from == unseen || k.kind == kindLocal {
			continue
		}
		s := sumOf(sums, e.services.text(e.workloads[k.from].service)+"->"+e.services.text(e.workloads[k.to].service))
		for _, c := range e.tally.edges[k].cells {
			s.merge(&share{parts: []part{{c.shown, c.hops, c.rated, c.sum}}})
		}
	}
	return sums
}

func (s *share) merge(o *share) {
	for _, t := range o.parts {
		i := slices.IndexFunc(s.parts, func(v part) bool { return v.tag == t.tag })
		if i < 0 {
			s.parts = append(s.parts, t)
			continue
		}
		s.parts[i].units += t.units
		s.parts[i].rated += t.rated
		s.parts[i].sum += t.sum
	}
}

func (e *Engine) showShares(out []Share, by, name string, s *share) []Share {
	var all part
	for _, t := range s.parts {
		all.units, all.rated, all.sum = all.units+t.units, all.rated+t.rated, all.sum+t.sum
	}
	for _, t := range s.parts {
		if t.tag == envBase {
			continue
		}
		v := Share{By: by, Name: name, Env: e.tags.show(t.tag), Count: t.sum, Total: all.sum, Basis: BasisAdjusted}
		portion := t.sum / all.sum
		v.Share = &portion
		switch all.rated {
		case all.units:
		case 0:
			v.Basis = BasisSpans
		default:
			v.Basis, v.Share = BasisMixed, nil
		}
		out = append(out, v)
	}
	return out
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
	slices.SortFunc(out, func(a, b Warning) int { return strings.Compare(a.Subject, b.Subject) })
	if from := e.rules.policy.ValidFrom; !from.IsZero() && from.UnixNano() > e.latest && e.tally.spans > 0 {
		out = append(out, Warning{"not_valid_yet", "policy", "the policy holds from " + from.UTC().Format(time.RFC3339) + " on, later than all data: only its keys, baseline, origins and windows are in force"})
	}
	if e.tally.conflicts > 0 {
		out = append(out, Warning{"shared_ids", "span ids", "spans share their id with another one of the trace (client and server, as Zipkin writes them?): only the first of each counts, so the outcome depends on their order"})
	}
	switch n := e.tally.invalid; n {
	case 0:
	case 1:
		out = append(out, Warning{"no_ids", "span ids", "1 span has no trace id or no span id: it was left out"})
	default:
		out = append(out, Warning{"no_ids", "span ids", strconv.FormatUint(n, 10) + " spans have no trace id or no span id: they were left out"})
	}
	for _, l := range []struct {
		full       bool
		kind, what string
	}{
		{e.tags.full, "tag_limit", "tags and homes"},
		{e.operations.full, "operation_limit", "operations"},
		{e.topics.full || e.groups.full || e.channelsFull, "channel_limit", "topics and groups"},
		{e.tally.full, "edge_limit", "edges and shares"},
		{e.services.full || e.workloadsFull, "workload_limit", "services and workloads"},
		{e.filters.full, "filter_limit", "message filters"},
		{e.twinsFull, "twin_limit", "twins asked for"},
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
