package auditor

import (
	"slices"
	"sort"
)

// presence is whether something was seen around a moment.
type presence uint8

const (
	seenNever  presence = iota
	seenOneWay          // only before or only after the moment
	seenAround          // before and after
)

// sighting remembers when something was seen: a workload, a consumer, a tag on
// a kind of span. Sightings closer than the liveness window are one interval,
// so what is kept does not grow with their number, and their order is no matter.
type sighting struct {
	newest interval   // the last of spans, if there are some: it lies nearer
	spans  []interval // ordered, further apart than the liveness window
	asked  []*twin    // the questions that it answers
}

// interval holds both clocks: the engine's axis (arrival when streaming, span
// time offline) decides what is alive, span time what was before or after.
type interval struct {
	from, to    int64 // axis
	first, last int64 // span time
}

// see notes a sighting; it reports whether it opened or joined intervals, that
// is, whether an answer may have changed from "never".
func (s *sighting) see(axis, start, window int64) bool {
	if n := len(s.spans); n > 0 {
		if v := &s.spans[n-1]; axis >= v.from && axis-v.to <= window {
			v.widen(axis, start)
			s.newest = *v
			return false
		}
	}
	opened := s.insert(interval{axis, axis, start, start}, window)
	s.newest = s.spans[len(s.spans)-1]
	return opened
}

// within reports a sighting that the newest interval covers already.
func (s *sighting) within(axis, start int64) bool {
	v := &s.newest
	return len(s.spans) > 0 && v.from <= axis && axis <= v.to && v.first <= start && start <= v.last
}

func (v *interval) widen(axis, start int64) {
	v.from, v.to = min(v.from, axis), max(v.to, axis)
	v.first, v.last = min(v.first, start), max(v.last, start)
}

func (s *sighting) insert(n interval, window int64) bool {
	if last := len(s.spans) - 1; last < 0 || s.spans[last].to+window < n.from {
		s.spans = append(s.spans, n)
		return true
	}
	out := make([]interval, 0, len(s.spans)+1)
	placed := false
	for _, v := range s.spans {
		switch {
		case v.to+window < n.from:
			out = append(out, v)
		case n.to+window < v.from:
			if !placed {
				out, placed = append(out, n), true
			}
			out = append(out, v)
		default:
			n.widen(v.from, v.first)
			n.widen(v.to, v.last)
		}
	}
	if !placed {
		out = append(out, n)
	}
	s.spans = out
	return true
}

// at tells whether it was seen within the window of the moment: in the interval
// around it, or in one of its neighbours.
func (s *sighting) at(axis, start, window int64) presence {
	if s == nil {
		return seenNever
	}
	var before, after bool
	next := sort.Search(len(s.spans), func(i int) bool { return s.spans[i].from > axis })
	for i := max(next-1, 0); i < min(next+1, len(s.spans)); i++ {
		v := s.spans[i]
		if axis < v.from-window || axis > v.to+window {
			continue
		}
		before = before || v.first <= start
		after = after || v.last >= start
	}
	switch {
	case before && after:
		return seenAround
	case before || after:
		return seenOneWay
	}
	return seenNever
}

// near tells whether it was seen within the window of a moment of the axis.
func (s *sighting) near(axis, window int64) bool {
	return s != nil && s.throughout(axis, axis, window)
}

// throughout tells whether it was seen, in one interval, within the window of all
// moments of the axis between two.
func (s *sighting) throughout(from, to, window int64) bool {
	for _, v := range slices.Backward(s.spans) {
		if from+window >= v.from {
			return to-window <= v.to
		}
	}
	return false
}

// forget drops intervals that ended before the moment.
func (s *sighting) forget(axis int64) {
	for len(s.spans) > 0 && s.spans[0].to < axis {
		s.spans = s.spans[1:]
	}
}
