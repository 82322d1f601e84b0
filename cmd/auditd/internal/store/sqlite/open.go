package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Options of a Store; the zero value is usable.
type Options struct {
	Retention store.Retention
	// MaxSeries bounds the distinct series of roll-ups, MaxFacets the distinct
	// combinations that findings are indexed by [65,536 each]. Both are held in
	// memory, up to about 500 bytes each. What is over the limit is not lost:
	// totals go into an overflow series, findings are found by a slower scan.
	MaxSeries, MaxFacets int
	// Readers is how many queries run at once [4].
	Readers int
}

// The files in the data folder.
const (
	fileName = "dyetrace.db"
	lockName = "dyetrace.lock"
)

// Store is a store.Store in a data folder.
type Store struct {
	file    string
	options Options
	lock    *flock.Flock
	write   *sql.DB // one connection, the writer's
	read    *sql.DB
	queue   chan *job
	stop    chan struct{} // closed by Close
	stopped chan struct{} // closed when the writer has ended
	closing sync.Once

	mu    sync.RWMutex // guards known
	known known

	reading  sync.Mutex // guards prepared
	prepared map[string]*sql.Stmt
}

// Open opens the store in a data folder, which is made if it is missing. The
// folder belongs to one process at a time: ErrLocked. Other errors: ErrNewer,
// ErrReadOnly, ErrFull, ErrCorrupt.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	o.Retention = o.Retention.WithDefaults()
	if o.MaxSeries == 0 {
		o.MaxSeries = 65536
	}
	if o.MaxFacets == 0 {
		o.MaxFacets = 65536
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, explain(dir, err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		file: filepath.Join(dir, fileName), options: o, lock: lock,
		queue: make(chan *job, maxGroup), stop: make(chan struct{}), stopped: make(chan struct{}),
		prepared: map[string]*sql.Stmt{},
	}
	if err := s.open(ctx); err != nil {
		_ = s.closeFiles() // the error above tells
		return nil, s.explain(err)
	}
	return s, nil
}

// lockFolder takes the folder for this process; the lock ends with the process.
func lockFolder(dir string) (*flock.Flock, error) {
	name := filepath.Join(dir, lockName)
	lock := flock.New(name)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, explain(name, err)
	}
	if !ok {
		who := "another process"
		if pid, err := os.ReadFile(name); err == nil && len(pid) > 0 {
			who = "process " + strings.TrimSpace(string(pid))
		}
		return nil, fmt.Errorf("%s: %w by %s: stop it, or choose another data folder", dir, store.ErrLocked, who)
	}
	if err := os.WriteFile(name, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600); err != nil {
		_ = lock.Unlock() // the error above tells
		return nil, explain(name, err)
	}
	return lock, nil
}

func (s *Store) open(ctx context.Context) error {
	var err error
	// auto_vacuum binds only before the first table is made.
	if s.write, err = s.connect("auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-16000)", "journal_size_limit(67108864)"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	c, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, c); err != nil {
		_ = c.Close() // the error above tells
		return err
	}
	if s.read, err = s.connect("query_only(1)", "cache_size(-16000)"); err != nil {
		_ = c.Close() // the error above tells
		return err
	}
	s.read.SetMaxOpenConns(s.options.Readers)
	s.read.SetMaxIdleConns(s.options.Readers)
	go s.runWriter(newWriter(s, c))
	return nil
}

func (s *Store) prepare(ctx context.Context, c *sql.Conn) error {
	if err := migrate(ctx, c, s.file); err != nil {
		return err
	}
	k, err := load(ctx, c)
	if err != nil {
		return err
	}
	s.known = *k
	return nil
}

func (s *Store) connect(pragmas ...string) (*sql.DB, error) {
	path, err := filepath.Abs(s.file)
	if err != nil {
		return nil, err
	}
	if path = filepath.ToSlash(path); runtime.GOOS == "windows" {
		path = "/" + path
	}
	q := url.Values{"_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
}

// Close waits for the writes under way; what is queued behind them gets ErrClosed.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.stop)
		<-s.stopped
		err = s.closeFiles()
	})
	return err
}

func (s *Store) closeFiles() error {
	var err error
	if s.read != nil {
		err = s.read.Close()
	}
	if s.write != nil {
		if e := s.write.Close(); err == nil {
			err = e
		}
	}
	if e := s.lock.Unlock(); err == nil {
		err = e
	}
	return err
}

// closed reports whether Close was called.
func (s *Store) closed() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// query runs a prepared query on the read pool. The caller closes the rows.
func (s *Store) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s.closed() {
		return nil, store.ErrClosed
	}
	s.reading.Lock()
	stmt := s.prepared[text]
	s.reading.Unlock()
	if stmt == nil {
		fresh, err := s.read.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		s.reading.Lock()
		if stmt = s.prepared[text]; stmt == nil {
			stmt, s.prepared[text] = fresh, fresh
		} else {
			defer fresh.Close()
		}
		s.reading.Unlock()
	}
	return stmt.QueryContext(ctx, args...) //nolint:sqlclosecheck // the caller closes them
}

// each runs a query and calls scan for each row.
func (s *Store) each(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	err := s.scan(ctx, scan, text, args...)
	if err != nil && ctx.Err() != nil { // the driver only says that it was interrupted
		return ctx.Err()
	}
	return s.explain(err)
}

func (s *Store) scan(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	rows, err := s.query(ctx, text, args...)
	return eachRow(rows, err, scan)
}

// eachRow gives the rows of a query to scan and closes them; err is the query's own.
func eachRow(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func nanos(t time.Time) int64 {
	switch y := t.Year(); { // UnixNano is undefined outside
	case y < 1680:
		return -1 << 63
	case y > 2260:
		return 1<<63 - 1
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time { return time.Unix(0, n).UTC() }
