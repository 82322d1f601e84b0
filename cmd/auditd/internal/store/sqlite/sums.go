package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// window is a half-open range in minutes since the Unix epoch.
type window struct{ from, to int64 }

// summing is one question of sums.
type summing struct {
	from  int64 // minute of the first step
	step  int64 // minutes of a step; 0: one total
	steps int
	sums  map[int64]*store.Sum // by series id
	until int64                // hours from here on are not packed
}

// add counts value for a range of minutes that lies within one step.
func (q *summing) add(s *store.Sum, minute int64, value float64) {
	s.Total += value
	if q.steps > 0 {
		s.Points[(minute-q.from)/q.step] += value
	}
}

// Sums implements store.Rollups.
func (s *Store) Sums(ctx context.Context, sq store.SumQuery) ([]store.Sum, error) {
	steps, err := sq.Steps()
	if err != nil {
		return nil, err
	}
	w := window{sq.From.Unix() / 60, sq.To.Unix() / 60}
	q := &summing{from: w.from, step: int64(sq.Step / time.Minute), steps: steps}
	if err := s.begin(q, &sq.Filter, w); err != nil {
		return nil, err
	}
	minutes, hours := q.split(w)
	if err := s.sumPacked(ctx, q, levelHours, hours); err != nil {
		return nil, err
	}
	for _, m := range minutes {
		if err := s.sumPacked(ctx, q, levelMinutes, m); err != nil {
			return nil, err
		}
	}
	out := make([]store.Sum, 0, len(q.sums))
	for _, v := range q.sums {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b store.Sum) int { return a.Series.Compare(&b.Series) })
	return out, nil
}

// begin finds the series and adds what is hot. What is packed is read afterwards,
// up to the hour that was hot now: so nothing is counted twice or left out.
func (s *Store) begin(q *summing, f *store.Filter, w window) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	q.until, q.sums = s.known.packedUntil, map[int64]*store.Sum{}
	for series, id := range s.known.series {
		if !f.Match(&series) {
			continue
		}
		if (len(q.sums)+1)*max(1, q.steps) > store.MaxCells {
			return fmt.Errorf("more than %d series of %d steps: %w: take a wider step, a shorter range, or a filter", len(q.sums), q.steps, store.ErrTooMuch)
		}
		q.sums[id] = &store.Sum{Series: series}
		if q.steps > 0 {
			q.sums[id].Points = make([]float64, q.steps)
		}
	}
	for at, hours := range s.known.hot {
		if at*minutesPerHour >= w.to || (at+1)*minutesPerHour <= w.from {
			continue
		}
		for id, sum := range q.sums {
			if values := hours[id]; values != nil {
				q.addSlots(sum, at*minutesPerHour, 1, values[:], w)
			}
		}
	}
	return nil
}

// split says which ranges are read by minute and which one by hour: a total takes
// whole hours as such, a step of hours takes nothing else.
func (q *summing) split(w window) (minutes []window, hours window) {
	w.to = min(w.to, q.until*minutesPerHour)
	if w.from >= w.to {
		return nil, window{}
	}
	if q.step > 0 && q.step < minutesPerHour {
		return []window{w}, window{}
	}
	first, last := (w.from+minutesPerHour-1)/minutesPerHour*minutesPerHour, w.to/minutesPerHour*minutesPerHour
	if first >= last {
		return []window{w}, window{}
	}
	if w.from < first {
		minutes = append(minutes, window{w.from, first})
	}
	if last < w.to {
		minutes = append(minutes, window{last, w.to})
	}
	return minutes, window{first, last}
}

// sumPacked adds the packed numbers of a range.
func (s *Store) sumPacked(ctx context.Context, q *summing, level int, w window) error {
	if w.from >= w.to || len(q.sums) == 0 {
		return nil
	}
	slot, slots := int64(1), int64(minutesPerHour)
	if level == levelHours {
		slot, slots = minutesPerHour, hoursPerDay
	}
	wide := slot * slots
	values := make([]float64, slots)
	scan := func(rows *sql.Rows) error {
		var id, chunk int64
		var data sql.RawBytes
		if err := rows.Scan(&id, &chunk, &data); err != nil {
			return err
		}
		if err := decodeChunk(data, values); err != nil {
			return fmt.Errorf("sums of series %d: %w", id, err)
		}
		q.addSlots(q.sums[id], chunk*wide, slot, values, w)
		return nil
	}
	ids := make([]int64, 0, len(q.sums))
	for id := range q.sums {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return s.each(ctx, scan, `SELECT p.series, p.chunk, p.data FROM json_each(?) j CROSS JOIN pack p
		WHERE p.level = ? AND p.series = j.value AND p.chunk >= ? AND p.chunk < ?`, string(list), level, w.from/wide, (w.to+wide-1)/wide)
}

// addSlots adds the slots that begin in the window.
func (q *summing) addSlots(s *store.Sum, at, slot int64, values []float64, w window) {
	for i, v := range values {
		if m := at + int64(i)*slot; v != 0 && m >= w.from && m < w.to {
			q.add(s, m, v)
		}
	}
}
