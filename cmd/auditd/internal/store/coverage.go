package store

import (
	"context"

	"github.com/dyetrace/dyetrace/auditor"
)

// AxisCoverage is how much of an axis was judged in a range.
type AxisCoverage struct {
	Seen, Judged float64
	// Reasons are the hops that were not judged, by reason.
	Reasons map[auditor.Reason]float64
	// SeenBy and JudgedBy are the sums by step; nil without Step.
	SeenBy, JudgedBy []float64
}

// Coverage returns the coverage of an axis: Propagation or Placement. Q's filter
// does not matter.
func Coverage(ctx context.Context, r Rollups, axis SeriesKind, q SumQuery) (AxisCoverage, error) {
	q.Filter = Filter{Kind: axis}
	out := AxisCoverage{Reasons: map[auditor.Reason]float64{}}
	steps, err := q.Steps()
	if err != nil {
		return out, err
	}
	sums, err := r.Sums(ctx, q)
	if err != nil {
		return out, err
	}
	if steps > 0 {
		out.SeenBy, out.JudgedBy = make([]float64, steps), make([]float64, steps)
	}
	for i := range sums {
		s := &sums[i]
		switch s.Series.Outcome {
		case OutcomeSeen:
			out.Seen += s.Total
			addPoints(out.SeenBy, s.Points)
		case OutcomeJudged:
			out.Judged += s.Total
			addPoints(out.JudgedBy, s.Points)
		default:
			if s.Total > 0 && !s.Series.Overflow {
				out.Reasons[auditor.Reason(s.Series.Outcome)] += s.Total
			}
		}
	}
	return out, nil
}

func addPoints(to, from []float64) {
	for i, p := range from {
		to[i] += p
	}
}
