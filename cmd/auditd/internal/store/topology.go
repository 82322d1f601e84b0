package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// Node is a workload: a service in a home.
type Node struct {
	Service string
	Home    string // "" unknown
}

func (n Node) compare(o Node) int {
	return cmp.Or(strings.Compare(n.Service, o.Service), strings.Compare(n.Home, o.Home))
}

// Edge is one arrow of the topology.
type Edge struct {
	From, To    Node
	Kind        auditor.HopKind
	Destination string // topic of a message hop
	Count       float64
	Basis       auditor.Basis
	Flows       []Flow // ordered by tag and verdict
}

// Flow is the part of an edge that carried one tag and was judged alike.
type Flow struct {
	Env     string // the tag that the traffic truly had; "" is baseline
	Verdict auditor.Verdict
	Count   float64
}

// TopologyQuery asks for the topology.
type TopologyQuery struct {
	Env     *string // only what carried this tag
	Service *string // only edges that begin or end there
	Home    *string // likewise
	SumQuery
}

type edgeKey struct {
	from, to    Node
	kind        auditor.HopKind
	destination string
}

type flowKey struct {
	env     string
	verdict auditor.Verdict
}

type edgeSums struct {
	adjusted, spans float64
	flows           map[flowKey]float64
}

// Topology returns the edges between workloads over which hops went in the range,
// ordered by from, to, kind and destination. Hops whose upstream was not seen
// have no edge.
func Topology(ctx context.Context, r Rollups, q TopologyQuery) ([]Edge, error) {
	sums := q.SumQuery
	sums.Step, sums.Filter = 0, Filter{Kind: Edges, Env: q.Env}
	all, err := r.Sums(ctx, sums)
	if err != nil {
		return nil, err
	}
	edges := map[edgeKey]*edgeSums{}
	for i := range all {
		s := &all[i].Series
		if all[i].Total <= 0 || s.PeerService == "" || !q.touches(s) {
			continue
		}
		k := edgeKey{Node{s.PeerService, s.PeerHome}, Node{s.Service, s.Home}, s.HopKind, s.Destination}
		if edges[k] == nil {
			edges[k] = &edgeSums{flows: map[flowKey]float64{}}
		}
		edges[k].add(s, all[i].Total)
	}
	out := make([]Edge, 0, len(edges))
	for k, e := range edges {
		out = append(out, e.edge(k))
	}
	slices.SortFunc(out, func(a, b Edge) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To),
			strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Destination, b.Destination))
	})
	return out, nil
}

func (q *TopologyQuery) touches(s *Series) bool {
	service := is(q.Service, s.Service) && is(q.Home, s.Home)
	peer := is(q.Service, s.PeerService) && is(q.Home, s.PeerHome)
	return service || peer
}

func (e *edgeSums) add(s *Series, n float64) {
	if s.Basis == auditor.BasisSpans {
		e.spans += n
	} else {
		e.adjusted += n
	}
	e.flows[flowKey{s.Env, auditor.Verdict(s.Outcome)}] += n
}

func (e *edgeSums) edge(k edgeKey) Edge {
	out := Edge{
		From: k.from, To: k.to, Kind: k.kind, Destination: k.destination,
		Count: e.adjusted + e.spans, Basis: basisOf(e.adjusted, e.spans), Flows: make([]Flow, 0, len(e.flows)),
	}
	for f, n := range e.flows {
		out.Flows = append(out.Flows, Flow{f.env, f.verdict, n})
	}
	slices.SortFunc(out.Flows, func(a, b Flow) int {
		return cmp.Or(strings.Compare(a.Env, b.Env), strings.Compare(string(a.Verdict), string(b.Verdict)))
	})
	return out
}
