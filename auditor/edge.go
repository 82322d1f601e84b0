package auditor

import "cmp"

// edgeKey names an arrow between two workloads; local hops are arrows of a
// workload to itself.
type edgeKey struct {
	from, to uint16 // workloads; from is unseen where the upstream was not
	channel  uint16 // of a message hop
	kind     kindID
}

// unseen stands for the workload of an upstream that was not seen, and in both
// places for all edges past the limit.
const unseen = 1<<16 - 1

// kindID is a HopKind in one byte.
type kindID uint8

const (
	kindLocal kindID = iota
	kindRPC
	kindMessage
)

func kindOf(k HopKind) kindID {
	switch k {
	case HopRPC:
		return kindRPC
	case HopMessage:
		return kindMessage
	}
	return kindLocal
}

func (k kindID) hopKind() HopKind {
	return [...]HopKind{kindLocal: HopLocal, kindRPC: HopRPC, kindMessage: HopMessage}[k]
}

func (k edgeKey) compare(o edgeKey) int {
	return cmp.Or(cmp.Compare(k.from, o.from), cmp.Compare(k.to, o.to), cmp.Compare(k.kind, o.kind), cmp.Compare(k.channel, o.channel))
}

// edge counts the hops of an arrow by what they were: few differ on one edge.
type edge struct{ cells []cell }

// hopClass is what tells the hops of one edge apart.
type hopClass struct {
	env     tagID // the tag that the traffic truly had
	carried tagID // the one that came across
	shown   tagID // the one that the span shows
	verdict verdictID
	found   verdictID // the worst on the hop: its effect before its finding
	hop     bool      // has an upstream reference; roots with a finding have none
}

type cell struct {
	hopClass
	hops, rated uint64
	sum         float64
}

// hop counts n hops on their edge.
func (t *tally) hop(c *edge, rate uint8, k hopClass, n uint64) {
	of := c.cell(k, t)
	of.hops += n
	if rate > rateMany {
		of.rated += n
	}
	of.sum += float64(n) * t.rates[rate]
}

func (c *edge) cell(k hopClass, t *tally) *cell {
	for i := range c.cells {
		if c.cells[i].hopClass == k {
			return &c.cells[i]
		}
	}
	if len(c.cells) == maxParts {
		t.full = true
		return &c.cells[maxParts-1]
	}
	if len(c.cells) == maxParts-1 {
		k.env, k.carried, k.shown = t.other, t.other, t.other
	}
	c.cells = append(c.cells, cell{hopClass: k})
	return &c.cells[len(c.cells)-1]
}

// edge returns the counts of an edge; past the limit all share one.
func (t *tally) edge(k edgeKey) *edge {
	c := t.edges[k]
	if c == nil {
		if len(t.edges) >= t.limit {
			t.full = true
			k = edgeKey{from: unseen, to: unseen}
		}
		if c = t.edges[k]; c == nil {
			c = &edge{}
			t.edges[k] = c
		}
	}
	return c
}
