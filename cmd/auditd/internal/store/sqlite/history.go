package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Finding implements store.Findings.
func (s *Store) Finding(ctx context.Context, id string) (store.Record, error) {
	var out store.Record
	err := s.each(ctx, func(rows *sql.Rows) error {
		var first, last int64
		c, current, err := scanChange(rows, &first, &last)
		if err != nil {
			return err
		}
		out.Stored, out.Changed = fromNanos(first), fromNanos(last)
		if current {
			out.Finding = c.Finding
		}
		out.History = append(out.History, c)
		return nil
	}, `SELECT c.seq, r.name, c.at, c.kind, c.doc, c.seq = f.change, f.stored, f.changed FROM finding f
		JOIN change c ON c.finding = f.n JOIN run r ON r.id = c.run
		WHERE f.id = ? AND c.kind <> 'repeated' ORDER BY c.seq`, id)
	if err == nil && out.History == nil {
		err = fmt.Errorf("finding %q: %w", id, store.ErrNotFound)
	}
	return out, err
}

// Changes implements store.Findings.
func (s *Store) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	var out []store.Change
	err := s.each(ctx, func(rows *sql.Rows) error {
		c, _, err := scanChange(rows)
		out = append(out, c)
		return err
	}, `SELECT c.seq, r.name, c.at, c.kind, c.doc, 0 FROM change c JOIN run r ON r.id = c.run
		WHERE c.seq > ? AND c.kind NOT IN ('repeated', 'weaker') ORDER BY c.seq LIMIT ?`, after, limit)
	return out, err
}

// ChangeRange implements store.Findings.
func (s *Store) ChangeRange(ctx context.Context) (oldest, newest int64, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&oldest, &newest) },
		`SELECT (SELECT value FROM meta WHERE key = 'pruned_seq') + 1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0)`)
	return oldest, newest, err
}

// scanChange reads seq, run, at, kind, doc, whether it is the current state, and
// what else there is.
func scanChange(rows *sql.Rows, more ...any) (c store.Change, current bool, err error) {
	var at int64
	var doc sql.RawBytes
	if err := rows.Scan(append([]any{&c.Seq, &c.Run, &at, &c.Kind, &doc, &current}, more...)...); err != nil {
		return c, false, err
	}
	c.At = fromNanos(at)
	return c, current, decode(doc, &c.Finding)
}
