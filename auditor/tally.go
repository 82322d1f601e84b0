package auditor

import "cmp"

// tally holds the counters of what was seen and judged.
type tally struct {
	spans, traces, duplicates, invalid uint64
	hops, judged, forgotten            uint64
	unjudged                           [reasonCount]uint64
	entries, placed                    uint64
	places                             [verdictCount]uint64
	unplaced                           [reasonCount]uint64
	rates                              []float64 // adjusted counts by record.rate
	rateIDs                            map[uint64]uint8
	services, topics                   []share // by interned name
	edges                              map[edgeKey]*edge
	limit                              int
	other                              tagID
	full                               bool
}

// share sums the traffic of a scope.
type share struct {
	total    float64
	tagged   []tagged
	withRate uint64 // units with a sampling threshold
	without  uint64
}

// tagged is the part of one tag: few in any scope.
type tagged struct {
	tag  tagID
	hops uint64
	sum  float64
}

type edgeKey struct {
	from, to uint16 // workloads
	kind     HopKind
	topic    uint16
}

func (k edgeKey) compare(o edgeKey) int {
	return cmp.Or(cmp.Compare(k.from, o.from), cmp.Compare(k.to, o.to), cmp.Compare(k.kind, o.kind), cmp.Compare(k.topic, o.topic))
}

// edge is one arrow of the topology: its traffic by the tag that it carried, its
// share by the tag that it showed, and what was found on it.
type edge struct {
	carried share
	showed  share
	found   [verdictCount]uint64
}

func newTally(limit int) tally {
	return tally{
		rates: []float64{1, 1}, rateIDs: map[uint64]uint8{}, edges: map[edgeKey]*edge{}, limit: limit,
	}
}

const (
	rateNone = 0 // no threshold: counts as one span
	rateMany = 1 // more thresholds than are told apart: counts as without
)

// rate interns a sampling threshold. The adjusted count is 2^56/(2^56-T)
// (OpenTelemetry, "Probability Sampling", consistent probability).
func (t *tally) rate(s *Span) uint8 {
	if !s.HasThreshold || s.Threshold >= 1<<56 {
		return rateNone
	}
	if id, ok := t.rateIDs[s.Threshold]; ok {
		return id
	}
	if len(t.rates) == 256 {
		return rateMany
	}
	id := uint8(len(t.rates))
	t.rates = append(t.rates, float64(1<<56)/float64(1<<56-s.Threshold))
	t.rateIDs[s.Threshold] = id
	return id
}

// count adds a hop to the coverage of both axes. Roots are no hops; hops of
// probes are no traffic.
func (t *tally) count(out *ruling, evicted bool) {
	if out.prop != vNone && !out.root {
		t.hops++
		if out.prop == vUndecidable {
			t.unjudged[reasonOf(out.propWhy, evicted)]++
		} else {
			t.judged++
		}
	}
	if out.place == vNone {
		return
	}
	t.entries++
	if out.place == vUndecidable {
		t.unplaced[reasonOf(out.placeWhy, evicted)]++
		return
	}
	t.placed++
	t.places[out.place]++
}

// reasonOf blames the memory limit where it cut the wait short.
func reasonOf(why reasonID, evicted bool) reasonID {
	if evicted && why == whyMissing {
		return whyEvicted
	}
	return why
}

// maxTagged bounds the tags of one scope; the rest count as other.
const maxTagged = 64

// scope returns the share of a name; the list grows with the names.
func scope(list *[]share, id uint16) *share {
	for int(id) >= len(*list) {
		*list = append(*list, share{})
	}
	return &(*list)[id]
}

// add counts n units of traffic of a tag.
func (t *tally) add(s *share, rate uint8, tag tagID, n float64) {
	if rate > rateMany {
		s.withRate++
	} else {
		s.without++
	}
	n *= t.rates[rate]
	s.total += n
	for i := range s.tagged {
		if s.tagged[i].tag == tag {
			s.tagged[i].hops++
			s.tagged[i].sum += n
			return
		}
	}
	if len(s.tagged) == maxTagged {
		t.full = true
		s.tagged[maxTagged-1].hops++
		s.tagged[maxTagged-1].sum += n
		return
	}
	if len(s.tagged) == maxTagged-1 {
		tag = t.other
	}
	s.tagged = append(s.tagged, tagged{tag, 1, n})
}

// edge returns the counts of an edge, nil past the limit.
func (t *tally) edge(k edgeKey) *edge {
	c := t.edges[k]
	if c == nil {
		if len(t.edges) >= t.limit {
			t.full = true
			return nil
		}
		c = &edge{}
		t.edges[k] = c
	}
	return c
}
