package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// maxGroup is how many writes share a transaction at most.
const maxGroup = 64

// job is one write that waits for its turn.
type job struct {
	do func(*tx) error
	// alone runs it by itself, outside of a transaction.
	alone bool
	done  chan error // takes one value, never blocks
}

// submit queues a write and waits until it is durable.
func (s *Store) submit(ctx context.Context, do func(*tx) error, alone bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{do: do, alone: alone, done: make(chan error, 1)}
	if s.closed() { // the select below might choose the queue
		return store.ErrClosed
	}
	select {
	case s.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return store.ErrClosed
	}
	select {
	case err := <-j.done:
		return s.explain(err)
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		select { // it may have been the last one
		case err := <-j.done:
			return s.explain(err)
		default:
			return store.ErrClosed
		}
	}
}

// writer owns the connection that writes. Only its goroutine uses it.
type writer struct {
	store  *Store
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	totals map[int64]map[int64]float64 // by run and series, of the runs heard of last
}

func newWriter(s *Store, c *sql.Conn) *writer {
	return &writer{store: s, conn: c, stmts: map[string]*sql.Stmt{}, totals: map[int64]map[int64]float64{}}
}

// runWriter writes until Close.
func (s *Store) runWriter(w *writer) {
	defer close(s.stopped)
	defer w.close()
	for {
		select {
		case <-s.stop:
			return
		case j := <-s.queue:
			w.serve(j)
		}
	}
}

func (w *writer) close() {
	for _, stmt := range w.stmts {
		_ = stmt.Close() // the connection goes with it
	}
	_ = w.conn.Close() // the pool tells errors
}

// serve runs a job and those that queued behind it in one transaction.
func (w *writer) serve(j *job) {
	var group []*job
	var last *job
	for next := j; next != nil; {
		if next.alone {
			last = next
			break
		}
		group = append(group, next)
		if next = nil; len(group) < maxGroup {
			select {
			case next = <-w.store.queue:
			default:
			}
		}
	}
	w.commit(group)
	if last != nil {
		last.done <- last.do(&tx{w: w})
	}
}

// commit runs the jobs in one transaction. When that fails, each gets one of its
// own, so that nobody pays for another's mistake.
func (w *writer) commit(group []*job) {
	if len(group) == 0 {
		return
	}
	err := w.transaction(group)
	if err == nil || len(group) == 1 || errors.Is(w.store.explain(err), store.ErrUnavailable) {
		for _, j := range group {
			j.done <- err
		}
		return
	}
	for _, j := range group {
		j.done <- w.transaction([]*job{j})
	}
}

func (w *writer) transaction(group []*job) error {
	ctx := context.Background() // what is begun is ended: the callers' contexts only end their waiting
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	t := &tx{w: w}
	for _, j := range group {
		if err := j.do(t); err != nil {
			w.rollback()
			return err
		}
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		w.rollback()
		return err
	}
	t.publish()
	return nil
}

func (w *writer) rollback() {
	// SQLite has rolled back by itself after some errors; then this one fails, and says nothing new.
	_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK")
	clear(w.totals) // some may have been read from what is now undone
}
