package sqlite

import (
	"database/sql"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// packBefore packs the hours before h that are not packed yet. It happens once an
// hour, in the transaction of the first totals that come after it.
func (t *tx) packBefore(h int64) error {
	from := t.boundary()
	if h <= from {
		return nil
	}
	hot := map[int64]map[int64]*hour{}
	err := t.each(func(rows *sql.Rows) error {
		var c cell
		var v float64
		if err := rows.Scan(&c.minute, &c.series, &v); err != nil {
			return err
		}
		(&known{hot: hot}).setHot(c.minute, c.series, v)
		return nil
	}, `SELECT minute, series, value FROM hot WHERE minute < ?`, h*minutesPerHour)
	if err != nil {
		return err
	}
	for at, series := range hot {
		for id, values := range series {
			if err := t.packHour(at, id, values[:]); err != nil {
				return err
			}
		}
	}
	if _, err := t.exec(`DELETE FROM hot WHERE minute < ?`, h*minutesPerHour); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE meta SET value = ? WHERE key = 'packed_until'`, h); err != nil {
		return err
	}
	t.packedUntil = h
	for c := range t.cells { // written by a job before this one
		if c.minute < h*minutesPerHour {
			delete(t.cells, c)
		}
	}
	return nil
}

// packHour adds the minutes of an hour to what is packed.
func (t *tx) packHour(at, series int64, values []float64) error {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if err := t.writeChunk(levelMinutes, series, at, values); err != nil {
		return err
	}
	var day [hoursPerDay]float64
	day[at%hoursPerDay] = sum
	return t.addChunk(levelHours, series, at/hoursPerDay, day[:])
}

// addPacked adds to a minute of an hour that is packed.
func (t *tx) addPacked(c cell, delta float64) error {
	var minutes [minutesPerHour]float64
	minutes[c.minute%minutesPerHour] = delta
	at := c.minute / minutesPerHour
	if err := t.addChunk(levelMinutes, c.series, at, minutes[:]); err != nil {
		return err
	}
	var day [hoursPerDay]float64
	day[at%hoursPerDay] = delta
	return t.addChunk(levelHours, c.series, at/hoursPerDay, day[:])
}

func (t *tx) addChunk(level int, series, chunk int64, add []float64) error {
	var data []byte
	there, err := t.get([]any{&data}, `SELECT data FROM pack WHERE level = ? AND series = ? AND chunk = ?`, level, series, chunk)
	if err != nil {
		return err
	}
	if there {
		old := make([]float64, len(add))
		if err := decodeChunk(data, old); err != nil {
			return err
		}
		for i, v := range old {
			add[i] += v
		}
	}
	return t.writeChunk(level, series, chunk, add)
}

func (t *tx) writeChunk(level int, series, chunk int64, values []float64) error {
	_, err := t.exec(`INSERT INTO pack (level, series, chunk, data) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`,
		level, series, chunk, encodeChunk(values))
	return err
}

var _ store.Store = (*Store)(nil)
