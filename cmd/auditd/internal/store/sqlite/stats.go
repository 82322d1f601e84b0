package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Stats implements store.Store.
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	var out store.Stats
	err := s.each(ctx, func(rows *sql.Rows) error {
		var oldest sql.NullInt64
		err := rows.Scan(&out.Findings, &oldest)
		if oldest.Valid {
			out.Oldest = fromNanos(oldest.Int64)
		}
		return err
	}, `SELECT (SELECT count(*) FROM finding), (SELECT min(changed) FROM finding)`)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	out.Series, out.Overflow = int64(len(s.known.series)), s.known.overflow
	s.mu.RUnlock()
	out.Bytes, err = s.size(ctx)
	return out, err
}

// size is what the store takes on disk.
func (s *Store) size(ctx context.Context) (int64, error) {
	if s.closed() {
		return 0, store.ErrClosed
	}
	var sum int64
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(s.file + suffix)
		switch {
		case err == nil:
			sum += info.Size()
		case !errors.Is(err, fs.ErrNotExist):
			return 0, s.explain(err)
		}
	}
	return sum, ctx.Err()
}

// Ping implements store.Store: it writes a number that nobody reads.
func (s *Store) Ping(ctx context.Context) error {
	return s.submit(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE meta SET value = 1 - value WHERE key = 'ping'`)
		return err
	}, false)
}
