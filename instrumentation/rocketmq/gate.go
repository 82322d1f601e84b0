package rocketmq

import (
	"sync"
	"time"
)

// gate counts work in progress and can be shut: then nothing new is let in, and
// who shut it may wait for the rest. The zero gate is open.
type gate struct {
	mu     sync.Mutex
	inside int
	shut   bool
	idle   chan struct{} // closed when shut and empty
}

// enter lets one piece of work in; false when the gate is shut. Each true needs
// one leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.inside++
	return true
}

// enterLate lets work in through a shut gate too: work that what is inside, or was,
// depends on. It needs one leave.
func (g *gate) enterLate() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut && g.inside == 0 {
		g.idle = make(chan struct{})
	}
	g.inside++
}

// empty reports whether nothing is inside.
func (g *gate) empty() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside == 0
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.shut && g.inside == 0 {
		close(g.idle)
	}
}

// close shuts the gate and waits until it is empty, no longer than timeout. It
// reports whether it is empty. Any number of goroutines may call it.
func (g *gate) close(timeout time.Duration) bool {
	idle := g.stop()
	select {
	case <-idle:
		return true
	default:
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-idle:
		return true
	case <-t.C:
		return false
	}
}

// stop shuts the gate and returns what is closed once it is empty.
func (g *gate) stop() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.shut = true
		g.idle = make(chan struct{})
		if g.inside == 0 {
			close(g.idle)
		}
	}
	return g.idle
}
