package store

import (
	"context"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// Store keeps findings, roll-ups and policy versions. All methods may be called
// from any number of goroutines. What a method returns belongs to the caller; what
// it is given is copied before it returns. A method that ends with the context's
// error may have taken effect all the same: writes are idempotent, so repeat them.
// Errors are those of errors.go, wrapped with place and advice.
type Store interface {
	Findings
	Rollups
	Policies

	// Prune deletes what its retention no longer covers as of now, the oldest
	// first, in small steps that let other writers through, and gives the space
	// back to the file system. Call it every few minutes.
	Prune(ctx context.Context, now time.Time) (Pruned, error)
	// Stats says how much is kept.
	Stats(ctx context.Context) (Stats, error)
	// Ping tells whether the store can be written to: nil, or the error that a
	// write would have now. It changes nothing.
	Ping(ctx context.Context) error
	// Close waits for the writes under way and closes the store. Afterwards every
	// method returns ErrClosed. Closing twice is fine.
	Close() error
}

// Findings keeps findings.
type Findings interface {
	// Apply takes what an engine emitted, in that order, and is durable when it
	// returns nil; otherwise it changed nothing. Run names the engine's life: in it
	// the revisions of a finding grow, and one that is not above the last of its
	// run was here before and changes nothing. How a finding follows what is stored
	// says Merge. At is when it is stored; retention goes by it.
	Apply(ctx context.Context, run string, at time.Time, findings []auditor.Finding) error
	// Finding returns one finding with its history; ErrNotFound.
	Finding(ctx context.Context, id string) (Record, error)
	// FindingPage returns findings that match, the newest first: by time, then by
	// id, both descending.
	FindingPage(ctx context.Context, q FindingQuery) (FindingPage, error)
	// Changes returns up to limit changes of current findings after the sequence
	// number, in order; numbers grow and are never used again. Withdrawals are
	// changes; weaker knowledge that did not replace anything is not.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	// ChangeRange returns the oldest sequence number that is still there and the
	// newest one given out; oldest is newest+1 where nothing is kept.
	ChangeRange(ctx context.Context) (oldest, newest int64, err error)
}

// Rollups keeps sums by minute. Sums only come from here: no hop is ever scanned.
type Rollups interface {
	// AddRollup takes cumulative totals of a run as of the minute of at: what a
	// series grew since its last total of this run counts for that minute. Equal or
	// lower totals change nothing, so a resend changes nothing. A call has all series
	// of a kind: those past a limit are added up into one series (Overflow). Durable
	// when it returns nil; otherwise it changed nothing.
	AddRollup(ctx context.Context, run string, at time.Time, totals []Total) error
	// Sums returns the sums of each series that matches, ordered by series.
	// ErrTooMuch where more than MaxCells numbers would be returned.
	Sums(ctx context.Context, q SumQuery) ([]Sum, error)
}

// Policies keeps policy versions.
type Policies interface {
	// AppendPolicy stores p as the version after expect, which must be the current
	// one (0: none yet); else ErrConflict. It returns p with its number.
	AppendPolicy(ctx context.Context, expect int64, p PolicyVersion) (PolicyVersion, error)
	// CurrentPolicy returns the newest version; ErrNotFound where there is none.
	CurrentPolicy(ctx context.Context) (PolicyVersion, error)
	// Policy returns one version; ErrNotFound.
	Policy(ctx context.Context, version int64) (PolicyVersion, error)
	// PolicyHistory returns up to limit versions below before (0: from the newest),
	// the newest first, without their sources.
	PolicyHistory(ctx context.Context, before int64, limit int) ([]PolicyVersion, error)
}

// PolicyVersion is a policy as it was given.
type PolicyVersion struct {
	Version int64     // from 1
	Source  []byte    // the YAML, byte for byte
	At      time.Time // when it was stored, UTC
	By      string    // who gave it: the name of a credential, or a file
}

// Pruned is what Prune deleted.
type Pruned struct {
	Findings int64 // findings, with their history
	Rollups  int64 // packed rows of roll-ups
	Policies int64
	Bytes    int64 // by how much the file shrank
}

// Stats is how much a store keeps.
type Stats struct {
	Findings int64
	Series   int64     // distinct series of roll-ups
	Bytes    int64     // on disk, with what is not yet checkpointed
	Oldest   time.Time // of the oldest finding, by when it was stored; zero without one
	Overflow int64     // totals that fell into an overflow series since the start
}

// Retention says how long things are kept. Zero means the default in brackets,
// a negative value no limit.
type Retention struct {
	Findings time.Duration // since a finding last changed [30 days]
	Minutes  time.Duration // sums by minute [35 days]
	Hours    time.Duration // sums by hour [400 days]
	Policies time.Duration // since a version was replaced; the current one stays [400 days]
	Runs     time.Duration // totals of runs that were not heard of [7 days]
	Bytes    int64         // size on disk, at which the oldest goes early [10 GiB]
}

// WithDefaults fills in the defaults.
func (r Retention) WithDefaults() Retention {
	const day = 24 * time.Hour
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&r.Findings, 30 * day}, {&r.Minutes, 35 * day}, {&r.Hours, 400 * day}, {&r.Policies, 400 * day}, {&r.Runs, 7 * day}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if r.Bytes == 0 {
		r.Bytes = 10 << 30
	}
	return r
}
