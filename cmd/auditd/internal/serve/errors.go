package serve

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// wrong is wrong use: a configuration or policy that cannot hold.
type wrong struct{ error }

// ExitCode is the exit status.
func (wrong) ExitCode() int { return 2 }

// Unwrap returns the cause.
func (w wrong) Unwrap() error { return w.error }

// failed is a daemon that could not start or go on.
type failed struct{ error }

// ExitCode is the exit status.
func (failed) ExitCode() int { return 1 }

// Unwrap returns the cause.
func (f failed) Unwrap() error { return f.error }

// advised adds what to do, where the cause is known and does not say so itself.
func advised(err error) error {
	var coded interface{ ExitCode() int }
	var address *net.AddrError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &coded):
		return err
	case errors.As(err, &address): // such as one without a port
		return wrong{err}
	case errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrNewer):
		return failed{err}
	case errors.Is(err, syscall.EADDRINUSE):
		return failed{fmt.Errorf("%w\nStop what listens there (another collector?), or set another endpoint: auditd config shows where they stand", err)}
	case errors.Is(err, syscall.EACCES):
		return failed{fmt.Errorf("%w\nPorts below 1024 and folders of others need more rights", err)}
	}
	return failed{err}
}
