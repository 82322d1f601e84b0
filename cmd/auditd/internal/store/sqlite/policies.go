package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// AppendPolicy implements store.Policies.
func (s *Store) AppendPolicy(ctx context.Context, expect int64, p store.PolicyVersion) (store.PolicyVersion, error) {
	p.Source = append([]byte{}, p.Source...)
	p.At = p.At.UTC()
	err := s.submit(ctx, func(t *tx) error {
		var current int64
		if _, err := t.get([]any{&current}, `SELECT coalesce(max(version), 0) FROM policy`); err != nil {
			return err
		}
		if current != expect {
			return fmt.Errorf("%w: version %d is current, not %d", store.ErrConflict, current, expect)
		}
		p.Version = current + 1
		_, err := t.exec(`INSERT INTO policy (version, source, at, by) VALUES (?, ?, ?, ?)`, p.Version, p.Source, nanos(p.At), p.By)
		return err
	}, false)
	if err != nil {
		return store.PolicyVersion{}, err
	}
	p.Source = bytes.Clone(p.Source)
	return p, nil
}

// CurrentPolicy implements store.Policies.
func (s *Store) CurrentPolicy(ctx context.Context) (store.PolicyVersion, error) {
	return s.policy(ctx, `SELECT version, source, at, by FROM policy ORDER BY version DESC LIMIT 1`)
}

// Policy implements store.Policies.
func (s *Store) Policy(ctx context.Context, version int64) (store.PolicyVersion, error) {
	return s.policy(ctx, `SELECT version, source, at, by FROM policy WHERE version = ?`, version)
}

func (s *Store) policy(ctx context.Context, query string, args ...any) (store.PolicyVersion, error) {
	list, err := s.policies(ctx, query, args...)
	switch {
	case err != nil:
		return store.PolicyVersion{}, err
	case len(list) == 0:
		return store.PolicyVersion{}, fmt.Errorf("policy version: %w", store.ErrNotFound)
	}
	return list[0], nil
}

// PolicyHistory implements store.Policies.
func (s *Store) PolicyHistory(ctx context.Context, before int64, limit int) ([]store.PolicyVersion, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return s.policies(ctx, `SELECT version, NULL, at, by FROM policy WHERE version < ? ORDER BY version DESC LIMIT ?`, before, limit)
}

func (s *Store) policies(ctx context.Context, query string, args ...any) ([]store.PolicyVersion, error) {
	var out []store.PolicyVersion
	err := s.each(ctx, func(rows *sql.Rows) error {
		var p store.PolicyVersion
		var at int64
		err := rows.Scan(&p.Version, &p.Source, &at, &p.By)
		p.At = fromNanos(at)
		out = append(out, p)
		return err
	}, query, args...)
	return out, err
}
