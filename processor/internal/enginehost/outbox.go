package enginehost

import (
	"sync"

	"github.com/dyetrace/dyetrace/auditor"
)

// Told is a finding on its way to the logs.
type Told struct {
	Finding auditor.Finding
	// Run is the engine's life that told it.
	Run string
}

// Outbox keeps the findings that are not delivered yet, in the order in which they
// were told, each with a number that only grows. It is safe for concurrent use.
//
// The limit bounds what is taken in: at the limit no more spans are judged. What
// one batch or tick tells beyond it is kept, for it is told already.
type Outbox struct {
	mu        sync.Mutex
	queue     []Told
	delivered uint64 // number of the last finding that is out
	limit     int
	wake      chan struct{}
}

func newOutbox(limit int) *Outbox {
	return &Outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// put adds a finding.
func (o *Outbox) put(t Told) {
	o.mu.Lock()
	o.queue = append(o.queue, t)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Wake has a value when findings were added since it was read last.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// Full reports whether the limit is reached.
func (o *Outbox) Full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) >= o.limit
}

// Pending returns how many findings wait.
func (o *Outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)
}

// Last returns the number of the newest finding; 0 where there was none.
func (o *Outbox) Last() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.delivered + uint64(len(o.queue))
}

// Delivered returns the number of the last finding that is out.
func (o *Outbox) Delivered() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.delivered
}

// Peek returns up to n findings from the front. They stay; the caller does not
// change them, and only one caller at a time may peek and pop.
func (o *Outbox) Peek(n int) []Told {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue[:min(n, len(o.queue))]
}

// Pop takes out the first n, which are delivered.
func (o *Outbox) Pop(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.queue[:n])
	o.queue = o.queue[n:]
	if len(o.queue) == 0 {
		o.queue = nil // a burst's memory goes with it
	}
	o.delivered += uint64(n)
}
