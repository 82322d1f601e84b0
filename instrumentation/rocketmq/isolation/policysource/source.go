package policysource

import (
	"context"
	"sync"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// Source holds the rules in force and keeps them fresh until it is closed. Its
// methods may be used by any number of goroutines.
type Source struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
	opts   Options

	mu      sync.Mutex
	rules   *isolation.Rules
	changed chan struct{} // closed and replaced when rules change
	status  Status
}

// Status tells how fresh the rules are, for metrics and health pages.
type Status struct {
	Version  string    // of the rules in force: an ETag, or a hash of the content
	Since    time.Time // when they came into this process
	Verified time.Time // when the source last confirmed that they are current
	Failures int       // failed tries since then
	Err      error     // the last failure since then, or nil
}

// Options of a source. The zero Options is good for a file.
type Options struct {
	// OnError hears of each failed try. It is called by the source's own goroutine
	// and must not block, nor close the source; nil hears nothing.
	OnError func(error)
	// Interval is how often a file is read: 2 s if zero.
	Interval time.Duration

	HTTP
}

// Rules returns the rules in force; never nil.
func (s *Source) Rules() *isolation.Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// Changed returns a channel that is closed when Rules has something newer. Ask for
// it before Rules.
func (s *Source) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Status returns how fresh the rules are.
func (s *Source) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Close ends the source and waits for its goroutine. The rules stay. It may be
// called more than once.
func (s *Source) Close() {
	s.cancel()
	<-s.done
}

// open starts a source with its first rules; run keeps them fresh until ctx ends.
func open(opts Options, first *isolation.Rules, run func(context.Context, *Source)) *Source {
	ctx, cancel := context.WithCancel(context.Background())
	now := time.Now()
	s := &Source{
		cancel: cancel, done: make(chan struct{}), opts: opts, rules: first, changed: make(chan struct{}),
		status: Status{Version: first.Version, Since: now, Verified: now},
	}
	go func() {
		defer close(s.done)
		run(ctx, s)
	}()
	return s
}

// replace puts newer rules in force. If they hold from a later time on only, those
// in force go on until then.
func (s *Source) replace(r *isolation.Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	next := *r
	if now.Before(next.ValidFrom) {
		before := *s.rules.InForce(now)
		before.Before = nil // what was before that is over
		next.Before = &before
	}
	s.rules = &next
	s.status = Status{Version: next.Version, Since: now, Verified: now}
	close(s.changed)
	s.changed = make(chan struct{})
}

// confirm notes that the rules in force are current.
func (s *Source) confirm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Verified, s.status.Failures, s.status.Err = time.Now(), 0, nil
}

// fail notes a failed try. The rules stay as they are.
func (s *Source) fail(err error) {
	s.mu.Lock()
	s.status.Failures++
	s.status.Err = err
	s.mu.Unlock()
	if s.opts.OnError != nil {
		s.opts.OnError(err)
	}
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
