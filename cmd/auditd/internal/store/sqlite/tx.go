package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

type cell struct{ minute, series int64 }

// tx is a transaction of the writer, and what it will make known when it has been
// committed.
type tx struct {
	w *writer

	facets      map[facet]int64
	series      map[store.Series]int64
	runs        map[string]int64
	totals      map[[2]int64]float64 // by run and series
	cells       map[cell]float64
	packedUntil int64 // 0: as it was
	overflow    int64
	after       []func(*known) // what else to do
}

// put sets a value in a map that may not be there yet.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// publish makes the transaction known to readers.
func (t *tx) publish() {
	s := t.w.store
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &s.known
	maps.Copy(k.facets, t.facets)
	maps.Copy(k.series, t.series)
	for c, v := range t.cells {
		k.setHot(c.minute, c.series, v)
	}
	if t.packedUntil > 0 {
		k.packedUntil = t.packedUntil
		maps.DeleteFunc(k.hot, func(h int64, _ map[int64]*hour) bool { return h < t.packedUntil })
	}
	k.overflow += t.overflow
	for key, v := range t.totals {
		if of := t.w.totals[key[0]]; of != nil {
			of[key[1]] = v
		}
	}
	for _, do := range t.after {
		do(k)
	}
}

func (t *tx) stmt(text string) (*sql.Stmt, error) {
	if stmt := t.w.stmts[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		t.w.stmts[text] = stmt
	}
	return stmt, err
}

// exec runs a prepared statement.
func (t *tx) exec(text string, args ...any) (sql.Result, error) {
	stmt, err := t.stmt(text) //nolint:sqlclosecheck // kept for the next time; closed with the writer
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.Background(), args...)
}

// insert runs an INSERT and returns the row's id.
func (t *tx) insert(text string, args ...any) (int64, error) {
	r, err := t.exec(text, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// changed runs a statement and returns how many rows it changed.
func (t *tx) changed(text string, args ...any) (int64, error) {
	r, err := t.exec(text, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// get reads one row; false where there is none.
func (t *tx) get(to []any, text string, args ...any) (bool, error) {
	stmt, err := t.stmt(text) //nolint:sqlclosecheck // kept for the next time; closed with the writer
	if err != nil {
		return false, err
	}
	err = stmt.QueryRowContext(context.Background(), args...).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each calls scan for each row.
func (t *tx) each(scan func(*sql.Rows) error, text string, args ...any) error {
	stmt, err := t.stmt(text) //nolint:sqlclosecheck // kept for the next time; closed with the writer
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	return eachRow(rows, err, scan)
}

// run returns the id of a run and notes when it was heard of.
func (t *tx) run(name string, at int64) (int64, error) {
	if id, ok := t.runs[name]; ok {
		return id, nil
	}
	var id int64
	_, err := t.get([]any{&id}, `INSERT INTO run (name, heard) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET heard = max(heard, excluded.heard) RETURNING id`, name, at)
	if err == nil {
		put(&t.runs, name, id)
	}
	return id, err
}
