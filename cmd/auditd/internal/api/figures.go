package api

import (
	"math"
	"net/http"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// maxPoints bounds the points of an answer: ten shares a minute over 30 days.
const maxPoints = 450_000

// spanAnswer is the range that an answer speaks of, after rounding.
type spanAnswer struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Step int64     `json:"step_seconds,omitempty"`
}

func spanOf(q store.SumQuery) spanAnswer {
	return spanAnswer{q.From, q.To, int64(q.Step / time.Second)}
}

type sharesAnswer struct {
	spanAnswer
	Shares []shareAnswer `json:"shares"`
}

type shareAnswer struct {
	auditor.Share
	Series *shareSeries `json:"series,omitempty"`
}

// shareSeries has one entry for each step. A share is null where nothing was
// counted, and where the basis is mixed.
type shareSeries struct {
	Count column          `json:"count"`
	Total column          `json:"total"`
	Share column          `json:"share"`
	Basis []auditor.Basis `json:"basis,omitempty"` // only where it is not that of the whole everywhere
}

func (a *API) getShares(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "by", "name", "env", "from", "to", "step")
	if err != nil {
		return err
	}
	by := choices(p, "by", []store.ShareBy{store.ByService, store.ByTopic, store.ByEdge})
	q := store.ShareQuery{By: store.ByService, SumQuery: p.span(), Env: p.text("env")}
	if len(by) > 1 {
		p.wrong("by", "given more than once", "")
	} else if len(by) == 1 {
		q.By = by[0]
	}
	q.Name, _ = p.one("name")
	if err := p.err(); err != nil {
		return err
	}
	if err := checkRange(q.From, q.To); err != nil {
		return err
	}
	shares, err := store.Shares(r.Context(), a.config.Store, q)
	if err != nil {
		return err
	}
	out := sharesAnswer{spanOf(q.SumQuery), make([]shareAnswer, 0, len(shares))}
	points := 0
	for i := range shares {
		if points += len(shares[i].Counts); points > maxPoints {
			return newProblem(http.StatusUnprocessableEntity, "too_much", "these are too many points: name a service, take a wider step or a shorter range")
		}
		out.Shares = append(out.Shares, shareAnswer{shares[i].Share, seriesOf(&shares[i])})
	}
	return answer(w, r, out)
}

func seriesOf(s *store.ShareSeries) *shareSeries {
	if s.Counts == nil {
		return nil
	}
	out := &shareSeries{Count: s.Counts, Total: s.Totals, Share: make(column, len(s.Counts))}
	for i, basis := range s.Bases {
		if basis != "" && basis != s.Basis {
			out.Basis = s.Bases
		}
		out.Share[i] = math.NaN()
		if basis != "" && basis != auditor.BasisMixed {
			out.Share[i] = part(s.Counts[i], s.Totals[i])
		}
	}
	return out
}

type nodeAnswer struct {
	Service string `json:"service"`
	Home    string `json:"home"`
}

type edgeAnswer struct {
	From        nodeAnswer      `json:"from"`
	To          nodeAnswer      `json:"to"`
	Kind        auditor.HopKind `json:"kind"`
	Destination string          `json:"destination"`
	Count       float64         `json:"count"`
	Basis       auditor.Basis   `json:"basis"`
	Flows       []flowAnswer    `json:"flows"`
}

type flowAnswer struct {
	Env     string          `json:"env"`
	Verdict auditor.Verdict `json:"verdict"`
	Count   float64         `json:"count"`
}

type topologyAnswer struct {
	spanAnswer
	Nodes []nodeAnswer `json:"nodes"`
	Edges []edgeAnswer `json:"edges"`
}

func (a *API) getTopology(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "env", "service", "home", "from", "to")
	if err != nil {
		return err
	}
	q := store.TopologyQuery{Env: p.text("env"), Service: p.text("service"), Home: p.text("home"), SumQuery: p.span()}
	if err := p.err(); err != nil {
		return err
	}
	if err := checkRange(q.From, q.To); err != nil {
		return err
	}
	edges, err := store.Topology(r.Context(), a.config.Store, q)
	if err != nil {
		return err
	}
	out := topologyAnswer{spanOf(q.SumQuery), []nodeAnswer{}, make([]edgeAnswer, 0, len(edges))}
	seen := map[nodeAnswer]bool{}
	for _, e := range edges {
		edge := edgeAnswer{nodeAnswer(e.From), nodeAnswer(e.To), e.Kind, e.Destination, e.Count, e.Basis, make([]flowAnswer, 0, len(e.Flows))}
		for _, f := range e.Flows {
			edge.Flows = append(edge.Flows, flowAnswer(f))
		}
		for _, n := range []nodeAnswer{edge.From, edge.To} {
			if !seen[n] {
				seen[n] = true
				out.Nodes = append(out.Nodes, n)
			}
		}
		out.Edges = append(out.Edges, edge)
	}
	return answer(w, r, out)
}

type coverageAnswer struct {
	spanAnswer
	Propagation axisAnswer `json:"propagation"`
	Placement   axisAnswer `json:"placement"`
}

type axisAnswer struct {
	Seen   float64 `json:"seen"`
	Judged float64 `json:"judged"`
	// Coverage is judged/seen; null where nothing was seen.
	Coverage    *float64                   `json:"coverage"`
	Undecidable map[auditor.Reason]float64 `json:"undecidable"`
	Series      *axisSeries                `json:"series,omitempty"`
}

type axisSeries struct {
	Seen     column `json:"seen"`
	Judged   column `json:"judged"`
	Coverage column `json:"coverage"`
}

func (a *API) getCoverage(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "from", "to", "step")
	if err != nil {
		return err
	}
	q := p.span()
	if err := p.err(); err != nil {
		return err
	}
	if err := checkRange(q.From, q.To); err != nil {
		return err
	}
	if q.Step > 0 && q.To.Sub(q.From)/q.Step > maxPoints {
		return newProblem(http.StatusUnprocessableEntity, "too_much", "these are too many points: take a wider step or a shorter range")
	}
	out := coverageAnswer{spanAnswer: spanOf(q)}
	for axis, to := range map[store.SeriesKind]*axisAnswer{store.Propagation: &out.Propagation, store.Placement: &out.Placement} {
		c, err := store.Coverage(r.Context(), a.config.Store, axis, q)
		if err != nil {
			return err
		}
		*to = axisOf(&c)
	}
	return answer(w, r, out)
}

func axisOf(c *store.AxisCoverage) axisAnswer {
	out := axisAnswer{Seen: c.Seen, Judged: c.Judged, Coverage: ratio(c.Judged, c.Seen), Undecidable: c.Reasons}
	if c.SeenBy != nil {
		out.Series = &axisSeries{c.SeenBy, c.JudgedBy, make(column, len(c.SeenBy))}
		for i := range c.SeenBy {
			out.Series.Coverage[i] = part(c.JudgedBy[i], c.SeenBy[i])
		}
	}
	return out
}

// ratio is nil where there is nothing to relate to: unknown is not a pass.
func ratio(part, whole float64) *float64 {
	if whole == 0 {
		return nil
	}
	v := part / whole
	return &v
}
