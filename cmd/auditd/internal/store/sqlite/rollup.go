package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// packSlack is how many minutes an hour waits after its end before it is packed,
// for totals that come late.
const packSlack = 2

// maxRuns is of how many runs the totals are held in memory.
const maxRuns = 8

// AddRollup implements store.Rollups.
func (s *Store) AddRollup(ctx context.Context, run string, at time.Time, totals []store.Total) error {
	if err := checkRun(run); err != nil {
		return err
	}
	if err := store.CheckTime(at); err != nil {
		return err
	}
	for i := range totals {
		if v := totals[i].Value; !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("total of %v: %w: not a count", v, store.ErrInvalid)
		}
	}
	own := slices.Clone(totals) // the caller may go while this waits
	return s.submit(ctx, func(t *tx) error { return t.addTotals(run, at, own) }, false)
}

func (t *tx) addTotals(run string, at time.Time, totals []store.Total) error {
	id, err := t.run(run, nanos(at))
	if err != nil {
		return err
	}
	minute := at.Unix() / 60
	if err := t.packBefore((minute - packSlack) / minutesPerHour); err != nil {
		return err
	}
	last, err := t.totalsOf(id)
	if err != nil {
		return err
	}
	// What is over a limit, here or where it was counted, is one series: its total
	// is the sum over a call, so a run gives all of a kind in one call.
	overflow := map[store.SeriesKind]float64{}
	for i := range totals {
		if totals[i].Series.Overflow {
			overflow[totals[i].Series.Kind] += totals[i].Value
			continue
		}
		series, ok, err := t.seriesID(totals[i].Series)
		if err != nil {
			return err
		}
		if !ok {
			overflow[totals[i].Series.Kind] += totals[i].Value
			t.overflow++
			continue
		}
		if err := t.addTotal(id, series, minute, last, totals[i].Value); err != nil {
			return err
		}
	}
	for kind, v := range overflow {
		series, err := t.newSeries(store.Series{Kind: kind, Overflow: true})
		if err != nil {
			return err
		}
		if err := t.addTotal(id, series, minute, last, v); err != nil {
			return err
		}
	}
	return nil
}

// addTotal counts what a series grew since its last total.
func (t *tx) addTotal(run, series, minute int64, last map[int64]float64, total float64) error {
	key := [2]int64{run, series}
	before, ok := t.totals[key]
	if !ok {
		before = last[series]
	}
	if total <= before {
		return nil
	}
	put(&t.totals, key, total)
	if _, err := t.exec(`INSERT INTO total (run, series, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, run, series, total); err != nil {
		return err
	}
	return t.addCell(cell{minute, series}, total-before)
}

func (t *tx) addCell(c cell, delta float64) error {
	if h := c.minute / minutesPerHour; h < t.boundary() { // late, or the clock was set back
		return t.addPacked(c, delta)
	}
	value := t.hotCell(c) + delta
	put(&t.cells, c, value)
	_, err := t.exec(`INSERT INTO hot (minute, series, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, c.minute, c.series, value)
	return err
}

// boundary is the hour before which everything is packed.
func (t *tx) boundary() int64 { return max(t.packedUntil, t.w.store.known.packedUntil) }

func (t *tx) hotCell(c cell) float64 {
	if v, ok := t.cells[c]; ok {
		return v
	}
	if h := t.w.store.known.hot[c.minute/minutesPerHour][c.series]; h != nil {
		return h[c.minute%minutesPerHour]
	}
	return 0
}

// totalsOf returns the last totals of a run as committed.
func (t *tx) totalsOf(run int64) (map[int64]float64, error) {
	if known := t.w.totals[run]; known != nil {
		return known, nil
	}
	if len(t.w.totals) >= maxRuns {
		clear(t.w.totals)
	}
	of := map[int64]float64{}
	err := t.each(func(rows *sql.Rows) error {
		var series int64
		var value float64
		err := rows.Scan(&series, &value)
		of[series] = value
		return err
	}, `SELECT series, value FROM total WHERE run = ?`, run)
	if err == nil {
		t.w.totals[run] = of
	}
	return of, err
}

// seriesID returns the id of a series; false where there are too many.
func (t *tx) seriesID(s store.Series) (int64, bool, error) {
	known := t.w.store.known.series
	if id, ok := known[s]; ok {
		return id, true, nil
	}
	if _, staged := t.series[s]; !staged && len(known)+len(t.series) >= t.w.store.options.MaxSeries {
		return 0, false, nil
	}
	id, err := t.newSeries(s)
	return id, true, err
}

func (t *tx) newSeries(s store.Series) (int64, error) {
	if id, ok := t.w.store.known.series[s]; ok {
		return id, nil
	}
	if id, ok := t.series[s]; ok {
		return id, nil
	}
	args := make([]any, 0, 13)
	for _, text := range s.Texts() {
		args = append(args, text)
	}
	id, err := t.insert(`INSERT INTO series (kind, service, home, env, destination, grp, hop_kind, outcome, peer_service, peer_home, shown, basis, overflow)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(args, string(s.Basis), s.Overflow)...)
	if err == nil {
		put(&t.series, s, id)
	}
	return id, err
}
