package auditor

// tally holds the counters of what was seen and judged.
type tally struct {
	spans, traces, duplicates, invalid uint64
	hops, judged, forgotten            uint64
	unjudged                           map[Reason]uint64
	entries, placed                    uint64
	places                             [verdictCount]uint64
	unplaced                           map[Reason]uint64
	rates                              []float64 // adjusted counts by record.rate
	rateIDs                            map[uint64]uint8
	shares                             map[scope]*share
	edges                              map[edgeKey]*edgeCount
	limit                              int
	full                               bool
}

// scope is whose share it is: by 's'ervice, 't'opic or 'e'dge.
type scope struct {
	by       byte
	from, to uint16
}

// share sums the traffic of a scope.
type share struct {
	total    float64
	byTag    map[tagID]float64
	withRate uint64 // spans with a sampling threshold
	without  uint64
}

type edgeKey struct {
	from, to uint16 // workloads
	kind     HopKind
	topic    uint16
}

type edgeCount struct {
	hops  map[tagID]uint64
	found [verdictCount]uint64
}

func newTally(limit int) tally {
	return tally{
		unjudged: map[Reason]uint64{}, unplaced: map[Reason]uint64{},
		rates: []float64{1, 1}, rateIDs: map[uint64]uint8{},
		shares: map[scope]*share{}, edges: map[edgeKey]*edgeCount{}, limit: limit,
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
func (t *tally) count(h *hop, out *ruling, evicted bool) {
	if out.prop != vNone && h.state != upNone {
		t.hops++
		if out.prop == vUndecidable {
			t.unjudged[reasonOf(out.propWhy, h.state, evicted)]++
		} else {
			t.judged++
		}
	}
	if out.place == vNone {
		return
	}
	t.entries++
	if out.place == vUndecidable {
		t.unplaced[reasonOf(out.placeWhy, h.state, evicted)]++
		return
	}
	t.placed++
	t.places[out.place]++
}

// reasonOf blames the memory limit where it cut the wait short.
func reasonOf(why Reason, s upState, evicted bool) Reason {
	if evicted && why == ReasonUpstreamMissing && s == upMissing {
		return ReasonEvicted
	}
	return why
}

// share adds n units of traffic of a tag to a scope.
func (t *tally) share(s scope, rate uint8, tag tagID, n float64) {
	sh := t.shares[s]
	if sh == nil {
		if len(t.shares) >= t.limit {
			t.full = true
			return
		}
		sh = &share{}
		t.shares[s] = sh
	}
	if rate > rateMany {
		sh.withRate++
	} else {
		sh.without++
	}
	n *= t.rates[rate]
	sh.total += n
	if tag != envBase {
		if sh.byTag == nil {
			sh.byTag = map[tagID]float64{}
		}
		sh.byTag[tag] += n
	}
}

// edge counts a hop of the topology.
func (t *tally) edge(k edgeKey, tag tagID, found verdictID) {
	c := t.edges[k]
	if c == nil {
		if len(t.edges) >= t.limit {
			t.full = true
			return
		}
		c = &edgeCount{hops: map[tagID]uint64{}}
		t.edges[k] = c
	}
	c.hops[tag]++
	c.found[found]++
}
