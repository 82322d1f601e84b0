package rocketmq

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// dialLimit is below the 3 s that the client allows an acknowledgement, so that
	// it takes the deadline of patient for the nearer one. Dialling obeys it.
	dialLimit = 2500 * time.Millisecond

	// maxUnanswered bounds the requests of one producer whose acknowledgement never
	// came, over all its life: each keeps a goroutine of the client's, some kB.
	maxUnanswered = 4096
)

// patient is a context that shows a deadline and never ends. The client derives
// from it the context whose end crashes the process (see [Producer.Request]): as
// the deadline shown is nearer than the client's own, package context sets no
// timer for the child, and the child ends only when the client is done with it.
// Then settled is called, once: context promises to call the stop function of an
// AfterFunc method when a child ends first.
type patient struct {
	context.Context // for its values
	limit           time.Time
	done            chan struct{} // never closed
	settled         func()

	once    sync.Once
	derived atomic.Bool
}

func newPatient(ctx context.Context, settled func()) *patient {
	return &patient{Context: ctx, limit: time.Now().Add(dialLimit), done: make(chan struct{}), settled: settled}
}

func (p *patient) Deadline() (time.Time, bool) { return p.limit, true }

func (p *patient) Done() <-chan struct{} { return p.done }

func (*patient) Err() error { return nil }

// AfterFunc is called by package context for a child.
func (p *patient) AfterFunc(func()) func() bool {
	p.derived.Store(true)
	return func() bool {
		p.once.Do(p.settled)
		return true
	}
}

// release settles a context from which no child was derived.
func (p *patient) release() {
	if !p.derived.Load() {
		p.once.Do(p.settled)
	}
}
