package store

import "errors"

// What went wrong, for errors.Is. ErrFull, ErrFileLimit, ErrReadOnly and
// ErrBusy are also ErrUnavailable.
var (
	// ErrUnavailable: nothing was stored, and a later attempt may do. Keep the data
	// and try again.
	ErrUnavailable = errors.New("the store cannot take this now")
	// ErrFull: the disk, or a quota, is full.
	ErrFull = errors.New("no space left for the store")
	// ErrFileLimit: a file of the store may not grow (ulimit -f).
	ErrFileLimit = errors.New("a file of the store has reached its limit")
	// ErrReadOnly: the file or its folder cannot be written.
	ErrReadOnly = errors.New("the store is read-only")
	// ErrBusy: another program holds the database for long.
	ErrBusy = errors.New("the store is busy")

	// ErrCorrupt: the file is damaged, or no database of auditd. No retry helps.
	ErrCorrupt = errors.New("the store is damaged")
	// ErrLocked: another process uses the data folder.
	ErrLocked = errors.New("the data folder is in use")
	// ErrNewer: a newer auditd wrote the file.
	ErrNewer = errors.New("the store comes from a newer version")

	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the current policy version is not the expected one.
	ErrConflict = errors.New("the policy has changed meanwhile")
	// ErrInvalid: the caller's values cannot be stored or asked for.
	ErrInvalid = errors.New("invalid")
	// ErrTooMuch: the answer would be too large; narrow the question.
	ErrTooMuch = errors.New("too much data asked for")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
)
