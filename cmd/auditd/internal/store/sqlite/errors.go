package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// explain turns an error of the driver or the file system into one of package
// store, with advice.
func (s *Store) explain(err error) error { return explain(s.file, err) }

func explain(file string, err error) error {
	if err == nil || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	code := codeOf(err)
	err = withCause(file, code, err)
	switch {
	case code == lib.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w: %w: free space, or lower the retention (%w)", file, store.ErrFull, store.ErrUnavailable, err)
	case errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%s: %w: %w: raise the limit of a file's size (ulimit -f, LimitFSIZE of systemd) (%w)", file, store.ErrFileLimit, store.ErrUnavailable, err)
	case code == lib.SQLITE_READONLY || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: %w: %w: make the data folder writable for this user (%w)", file, store.ErrReadOnly, store.ErrUnavailable, err)
	case code == lib.SQLITE_BUSY || code == lib.SQLITE_LOCKED:
		return fmt.Errorf("%s: %w: %w: end the program that holds it (%w)", file, store.ErrBusy, store.ErrUnavailable, err)
	case code == lib.SQLITE_CORRUPT || code == lib.SQLITE_NOTADB:
		return fmt.Errorf("%s: %w: move it away and start anew, or restore a copy (%w)", file, store.ErrCorrupt, err)
	case code == lib.SQLITE_IOERR || code == lib.SQLITE_CANTOPEN || code == lib.SQLITE_NOMEM || code == lib.SQLITE_PROTOCOL:
		return fmt.Errorf("%s: %w: look at the disk and its limits (%w)", file, store.ErrUnavailable, err)
	case errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: database is closed":
		return store.ErrClosed
	}
	return err
}

// codeOf returns the primary result code of SQLite; 0: it is not its error.
func codeOf(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// withCause adds why the system refuses writes, which SQLite keeps to itself.
func withCause(file string, code int, err error) error {
	if code != lib.SQLITE_IOERR {
		return err
	}
	if cause := tryWrite(file); cause != nil {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// tryWrite writes to a file of its own, beside the store's and behind the end of
// the longest of them.
func tryWrite(file string) error {
	var end int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(file + suffix); err == nil {
			end = max(end, info.Size())
		}
	}
	f, err := os.CreateTemp(filepath.Dir(file), "try-")
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, 64<<10), end)
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
