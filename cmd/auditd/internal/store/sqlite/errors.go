package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
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
	code := 0
	if e, ok := errors.AsType[*driver.Error](err); ok {
		code = e.Code() & 0xff // the primary result code
	}
	switch {
	case code == lib.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w: %w: free space, or lower the retention (%w)", file, store.ErrFull, store.ErrUnavailable, err)
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
