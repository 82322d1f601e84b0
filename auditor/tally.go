package auditor

// tally holds the counters of what was seen and judged.
type tally struct {
	spans, traces, duplicates, invalid uint64
	hops, judged, forgotten            uint64
	late, evicted, conflicts           uint64
	unjudged                           [reasonCount]uint64
	entries, placed                    uint64
	places                             [verdictCount]uint64
	unplaced                           [reasonCount]uint64
	rates                              []float64 // adjusted counts by record.rate
	rateIDs                            map[uint64]uint8
	scopes                             []share           // of entry spans, by workload
	produced                           map[uint32]*share // of messages, by workload and topic
	edges                              map[edgeKey]*edge
	limit                              int
	other                              tagID
	full                               bool
}

// share sums the traffic of a scope by the tag that it shows: few in any scope.
type share struct{ parts []part }

// part is the units of one tag: as seen, how many of them have a sampling
// threshold, and their adjusted count.
type part struct {
	tag          tagID
	units, rated uint64
	sum          float64
}

func newTally(limit int) tally {
	return tally{
		rates: []float64{1, 1}, rateIDs: map[uint64]uint8{}, limit: limit,
		produced: map[uint32]*share{}, edges: map[edgeKey]*edge{},
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

// count adds n hops of a ruling to the coverage of both axes. Roots are no hops;
// hops of probes are no traffic.
func (t *tally) count(out *ruling, evicted bool, n uint64) {
	if out.prop != vNone && !out.root {
		t.hops += n
		if out.prop == vUndecidable {
			t.unjudged[reasonOf(out.propWhy, evicted)] += n
		} else {
			t.judged += n
		}
	}
	if out.place == vNone {
		return
	}
	t.entries += n
	if out.place == vUndecidable {
		t.unplaced[reasonOf(out.placeWhy, evicted)] += n
		return
	}
	t.placed += n
	t.places[out.place] += n
}

// reasonOf blames the memory limit where it cut the wait short.
func reasonOf(why reasonID, evicted bool) reasonID {
	if evicted && why == whyMissing {
		return whyEvicted
	}
	return why
}

// maxParts bounds the tags of one scope and the kinds of hops of one edge; the
// rest count as other.
const maxParts = 64

// entries returns the share of a workload's entry spans.
func (t *tally) entriesOf(res uint16) *share {
	for int(res) >= len(t.scopes) {
		t.scopes = append(t.scopes, share{})
	}
	return &t.scopes[res]
}

// producedBy returns the share of the messages that a workload sends to a topic.
func (t *tally) producedBy(res, topic uint16) *share {
	k := uint32(res)<<16 | uint32(topic)
	s := t.produced[k]
	if s == nil {
		if len(t.produced) >= t.limit {
			t.full = true
			k = 0
		}
		if s = t.produced[k]; s == nil {
			s = &share{}
			t.produced[k] = s
		}
	}
	return s
}

// add counts n units of traffic of a tag.
func (t *tally) add(s *share, rate uint8, tag tagID, n uint64) {
	p := s.part(tag, t)
	p.units += n
	if rate > rateMany {
		p.rated += n
	}
	p.sum += float64(n) * t.rates[rate]
}

func (s *share) part(tag tagID, t *tally) *part {
	for i := range s.parts {
		if s.parts[i].tag == tag {
			return &s.parts[i]
		}
	}
	if len(s.parts) == maxParts {
		t.full = true
		return &s.parts[maxParts-1]
	}
	if len(s.parts) == maxParts-1 {
		tag = t.other
	}
	s.parts = append(s.parts, part{tag: tag})
	return &s.parts[len(s.parts)-1]
}
