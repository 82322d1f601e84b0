package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// The steps of Prune: small, so that other writes wait little.
const (
	pruneFindings = 1000 // findings of a transaction
	pruneSeries   = 200  // series of a transaction
	vacuumPages   = 4096 // pages given back at once: 16 MB
)

// Prune implements store.Store.
func (s *Store) Prune(ctx context.Context, now time.Time) (store.Pruned, error) {
	p := &pruning{store: s}
	r := s.options.Retention
	before, err := s.size(ctx)
	if err != nil {
		return p.done, err
	}
	if err := p.byAge(ctx, now, r); err != nil {
		return p.done, err
	}
	if err := p.bySize(ctx, now, r.Bytes); err != nil {
		return p.done, err
	}
	if err := p.series(ctx); err != nil {
		return p.done, err
	}
	if err := p.shrink(ctx); err != nil {
		return p.done, err
	}
	after, err := s.size(ctx)
	p.done.Bytes = max(0, before-after)
	return p.done, err
}

// pruning is one run of Prune.
type pruning struct {
	store *Store
	done  store.Pruned
}

func (p *pruning) byAge(ctx context.Context, now time.Time, r store.Retention) error {
	cut := func(d time.Duration) int64 {
		if d < 0 {
			return math.MinInt64
		}
		return nanos(now.Add(-d))
	}
	if err := p.findings(ctx, cut(r.Findings)); err != nil {
		return err
	}
	const hour, day = int64(time.Hour), int64(24 * time.Hour)
	if err := p.packs(ctx, levelMinutes, cut(r.Minutes)/hour); err != nil {
		return err
	}
	if err := p.packs(ctx, levelHours, cut(r.Hours)/day); err != nil {
		return err
	}
	return p.store.submit(ctx, func(t *tx) error {
		// A version ends when the next one begins; the current one has no end.
		n, err := t.changed(`DELETE FROM policy WHERE EXISTS (SELECT 1 FROM policy next WHERE next.version = policy.version + 1 AND next.at < ?)`, cut(r.Policies))
		if err != nil {
			return err
		}
		p.done.Policies += n
		if _, err = t.exec(`DELETE FROM total WHERE run IN (SELECT id FROM run WHERE heard < ?)`, cut(r.Runs)); err != nil {
			return err
		}
		t.after = append(t.after, func(*known) { clear(t.w.totals) })
		return nil
	}, false)
}

// findings deletes those that last changed before a moment, with their history.
func (p *pruning) findings(ctx context.Context, cut int64) error {
	for more := true; more; {
		err := p.store.submit(ctx, func(t *tx) error {
			n, err := t.deleteFindings(cut)
			more = n == pruneFindings
			p.done.Findings += n
			return err
		}, false)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) deleteFindings(cut int64) (int64, error) {
	const oldest = `(SELECT n FROM finding WHERE changed < ? ORDER BY changed LIMIT ?)`
	var seq sql.NullInt64
	if _, err := t.get([]any{&seq}, `SELECT max(seq) FROM change WHERE finding IN `+oldest, cut, pruneFindings); err != nil || !seq.Valid {
		return 0, err
	}
	if _, err := t.exec(`UPDATE meta SET value = max(value, ?) WHERE key = 'pruned_seq'`, seq.Int64); err != nil {
		return 0, err
	}
	if _, err := t.exec(`DELETE FROM change WHERE finding IN `+oldest, cut, pruneFindings); err != nil {
		return 0, err
	}
	return t.changed(`DELETE FROM finding WHERE n IN `+oldest, cut, pruneFindings)
}

// packs deletes the chunks of a level before one.
func (p *pruning) packs(ctx context.Context, level int, chunk int64) error {
	for last := int64(0); ; {
		done := false
		err := p.store.submit(ctx, func(t *tx) error {
			ids, err := t.seriesAfter(last)
			if err != nil {
				return err
			}
			for _, id := range ids {
				n, err := t.changed(`DELETE FROM pack WHERE level = ? AND series = ? AND chunk < ?`, level, id, chunk)
				if err != nil {
					return err
				}
				p.done.Rollups += n
				last = id
			}
			done = len(ids) < pruneSeries
			return nil
		}, false)
		if err != nil || done {
			return err
		}
	}
}

func (t *tx) seriesAfter(last int64) ([]int64, error) {
	var ids []int64
	err := t.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM series WHERE id > ? ORDER BY id LIMIT ?`, last, pruneSeries)
	return ids, err
}

// bySize deletes the oldest findings and minutes until the data fit. Each round
// takes the oldest tenth of the time that is kept, so that findings and roll-ups
// reach back about as far.
func (p *pruning) bySize(ctx context.Context, now time.Time, limit int64) error {
	for limit > 0 {
		used, oldest, err := p.store.used(ctx)
		if err != nil || used <= limit {
			return err
		}
		span := nanos(now) - oldest
		if span <= int64(time.Minute) { // what is left is younger than a minute
			return nil
		}
		cut := oldest + max(span/10, int64(time.Minute))
		if err := p.findings(ctx, cut); err != nil {
			return err
		}
		if err := p.packs(ctx, levelMinutes, cut/int64(time.Hour)); err != nil {
			return err
		}
		if err := p.packs(ctx, levelHours, cut/int64(24*time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// used returns the bytes in use (without free pages), and the oldest moment of
// findings and minutes.
func (s *Store) used(ctx context.Context) (used, oldest int64, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var finding, chunk sql.NullInt64
		err := rows.Scan(&used, &finding, &chunk)
		oldest = math.MaxInt64
		if finding.Valid {
			oldest = finding.Int64
		}
		if chunk.Valid {
			oldest = min(oldest, chunk.Int64*int64(time.Hour))
		}
		return err
	}, `SELECT (page_count - freelist_count) * page_size, (SELECT min(changed) FROM finding),
		(SELECT min(c) FROM (SELECT (SELECT chunk FROM pack WHERE level = 0 AND series = s.id ORDER BY chunk LIMIT 1) c FROM series s))
		FROM pragma_page_count, pragma_freelist_count, pragma_page_size`)
	return used, oldest, err
}

// series forgets series and facets that nothing refers to any more.
func (p *pruning) series(ctx context.Context) error {
	return p.store.submit(ctx, func(t *tx) error {
		series, err := t.unused(`DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM pack WHERE series = series.id AND level = 1)
			AND NOT EXISTS (SELECT 1 FROM pack WHERE series = series.id AND level = 0)
			AND id NOT IN (SELECT series FROM hot) AND id NOT IN (SELECT series FROM total) RETURNING id`)
		if err != nil {
			return err
		}
		facets, err := t.unused(`DELETE FROM facet WHERE NOT EXISTS (SELECT 1 FROM finding WHERE facet = facet.id) RETURNING id`)
		if err != nil {
			return err
		}
		t.after = append(t.after, func(k *known) {
			forget(k.series, series)
			forget(k.facets, facets)
		})
		return nil
	}, false)
}

func (t *tx) unused(text string) (map[int64]bool, error) {
	ids := map[int64]bool{}
	err := t.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids[id] = true
		return err
	}, text)
	return ids, err
}

func forget[K comparable](m map[K]int64, ids map[int64]bool) {
	for k, id := range m {
		if ids[id] {
			delete(m, k)
		}
	}
}

// shrink gives free pages back to the file system.
func (p *pruning) shrink(ctx context.Context) error {
	for free := int64(math.MaxInt64); free > 0; {
		err := p.store.submit(ctx, func(t *tx) error {
			// The pragma frees a page with each row that is read.
			if err := t.each(func(*sql.Rows) error { return nil }, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, vacuumPages)); err != nil {
				return err
			}
			before := free
			if _, err := t.get([]any{&free}, `SELECT freelist_count FROM pragma_freelist_count`); err != nil {
				return err
			}
			if free >= before { // nothing more can be had
				free = 0
			}
			return nil
		}, true)
		if err != nil {
			return err
		}
	}
	return p.store.submit(ctx, func(t *tx) error {
		// With a reader in the way it does what it can; the next one does the rest.
		return t.each(func(*sql.Rows) error { return nil }, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}, true)
}
