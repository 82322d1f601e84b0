package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// ShareBy is the scope of a share.
type ShareBy string

// The scopes.
const (
	ByService ShareBy = "service"
	ByTopic   ShareBy = "topic"
	ByEdge    ShareBy = "edge"
)

// ShareQuery asks for shares.
type ShareQuery struct {
	By   ShareBy
	Name string  // of the service, topic, or edge "from->to"; "" all
	Env  *string // nil: every tag
	SumQuery
}

// ShareSeries is a share over time.
type ShareSeries struct {
	auditor.Share // over the whole range
	// Count and Total by step, and the basis of each; nil without Step. The basis
	// is empty where nothing was counted.
	Counts, Totals []float64
	Bases          []auditor.Basis
}

// Shares returns the shares of tagged traffic, ordered by name and tag. Scopes
// without tagged traffic in the range are left out. The numbers are adjusted for
// sampling where every span in scope has a threshold, raw where none has, and the
// share is missing where they are mixed: as auditor.Engine.Shares.
func Shares(ctx context.Context, r Rollups, q ShareQuery) ([]ShareSeries, error) {
	filter, err := q.filter()
	if err != nil {
		return nil, err
	}
	sums := q.SumQuery
	sums.Filter = filter
	all, err := r.Sums(ctx, sums)
	if err != nil {
		return nil, err
	}
	scopes := map[string]*scope{}
	for i := range all {
		name, ok := q.By.name(&all[i].Series)
		if !ok || q.Name != "" && name != q.Name {
			continue
		}
		if scopes[name] == nil {
			scopes[name] = &scope{tags: map[string]*basisSums{}}
		}
		scopes[name].add(q.By.tag(&all[i].Series), &all[i])
	}
	out := []ShareSeries{}
	for name, s := range scopes {
		out = s.shares(out, q.By, name, q.Env)
	}
	slices.SortFunc(out, func(a, b ShareSeries) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Env, b.Env))
	})
	return out, nil
}

func (q *ShareQuery) filter() (Filter, error) {
	none := ""
	switch q.By {
	case ByService:
		f := Filter{Kind: Traffic, Destination: &none}
		if q.Name != "" {
			f.Service = &q.Name
		}
		return f, nil
	case ByTopic:
		f := Filter{Kind: Traffic}
		if q.Name != "" {
			f.Destination = &q.Name
		}
		return f, nil
	case ByEdge:
		f := Filter{Kind: Edges}
		if from, to, ok := strings.Cut(q.Name, "->"); ok && !strings.Contains(to, "->") {
			f.PeerService, f.Service = &from, &to
		}
		return f, nil
	}
	return Filter{}, fmt.Errorf("shares by %q: %w: use service, topic or edge", q.By, ErrInvalid)
}

// name returns the scope's name, or false for a series that is in no such scope.
func (b ShareBy) name(s *Series) (string, bool) {
	switch b {
	case ByService:
		return s.Service, s.Service != ""
	case ByTopic:
		return s.Destination, s.Destination != ""
	}
	return s.PeerService + "->" + s.Service, s.PeerService != "" && s.HopKind != auditor.HopLocal
}

// tag returns the tag that counts: on an edge the one that was shown.
func (b ShareBy) tag(s *Series) string {
	if b == ByEdge {
		return s.Shown
	}
	return s.Env
}

// scope is a service, topic or edge, with its sums by tag.
type scope struct {
	all  basisSums
	tags map[string]*basisSums
}

func (s *scope) add(tag string, v *Sum) {
	if s.tags[tag] == nil {
		s.tags[tag] = &basisSums{}
	}
	s.tags[tag].add(v)
	s.all.add(v)
}

// basisSums are sums of numbers that are adjusted for sampling, and of raw ones.
type basisSums struct {
	adjusted, spans sum
}

type sum struct {
	total  float64
	points []float64
}

func (b *basisSums) add(v *Sum) {
	to := &b.adjusted
	if v.Series.Basis == auditor.BasisSpans {
		to = &b.spans
	}
	to.total += v.Total
	if to.points == nil && v.Points != nil {
		to.points = make([]float64, len(v.Points))
	}
	for i, p := range v.Points {
		to.points[i] += p
	}
}

func (b *basisSums) steps() int { return max(len(b.adjusted.points), len(b.spans.points)) }

func (s *sum) at(i int) float64 {
	if s.points == nil {
		return 0
	}
	return s.points[i]
}

// basisOf is the basis of the two sums; empty where both are nothing.
func basisOf(adjusted, spans float64) auditor.Basis {
	switch {
	case adjusted > 0 && spans > 0:
		return auditor.BasisMixed
	case spans > 0:
		return auditor.BasisSpans
	case adjusted > 0:
		return auditor.BasisAdjusted
	}
	return ""
}

func (s *scope) shares(out []ShareSeries, by ShareBy, name string, env *string) []ShareSeries {
	for tag, t := range s.tags {
		if tag == "" || env != nil && *env != tag {
			continue
		}
		v := ShareSeries{Share: auditor.Share{
			By: string(by), Name: name, Env: tag,
			Count: t.adjusted.total + t.spans.total, Total: s.all.adjusted.total + s.all.spans.total,
			Basis: basisOf(s.all.adjusted.total, s.all.spans.total),
		}}
		if v.Count == 0 {
			continue
		}
		if v.Basis != auditor.BasisMixed {
			share := v.Count / v.Total
			v.Share.Share = &share
		}
		if n := s.all.steps(); n > 0 {
			v.Counts, v.Totals, v.Bases = make([]float64, n), make([]float64, n), make([]auditor.Basis, n)
			for i := range n {
				v.Counts[i] = t.adjusted.at(i) + t.spans.at(i)
				v.Totals[i] = s.all.adjusted.at(i) + s.all.spans.at(i)
				v.Bases[i] = basisOf(s.all.adjusted.at(i), s.all.spans.at(i))
			}
		}
		out = append(out, v)
	}
	return out
}
