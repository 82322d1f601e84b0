package api

import "sync"

// Hub tells streams that the store has something new. It holds nothing: streams
// read from the store, each from where it is, so a slow one costs no memory.
type Hub struct {
	mu      sync.Mutex
	changed chan struct{}
}

// NewHub returns a hub.
func NewHub() *Hub { return &Hub{changed: make(chan struct{})} }

// Notify says that findings were stored. It never blocks; call it after each
// Apply that returned nil.
func (h *Hub) Notify() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.changed)
	h.changed = make(chan struct{})
}

// Changed returns a channel that is closed at the next Notify.
func (h *Hub) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}
