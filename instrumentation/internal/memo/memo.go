// Package memo keeps values that are made again and again of few strings.
package memo

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// Table maps strings to values that depend on nothing else. It is bounded: once
// it is full other values are made for each use, so strings from outside cannot
// make it grow. Reading takes no lock and allocates nothing. It is safe for
// concurrent use; values must not be changed.
type Table[V any] struct {
	limit  int
	value  func(string) V
	mu     sync.Mutex
	values atomic.Pointer[map[string]V]
}

// NewTable returns a table of at most limit values, made by value.
func NewTable[V any](limit int, value func(string) V) *Table[V] {
	t := &Table[V]{limit: limit, value: value}
	t.values.Store(&map[string]V{})
	return t
}

// Get returns the value of key.
func (t *Table[V]) Get(key string) V {
	values := *t.values.Load()
	if v, ok := values[key]; ok {
		return v
	}
	if len(values) >= t.limit {
		return t.value(key)
	}
	// A clone: key may be a small part of a large header.
	key = strings.Clone(key)
	v := t.value(key)
	t.put(key, v)
	return v
}

func (t *Table[V]) put(key string, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	values := *t.values.Load()
	if _, ok := values[key]; ok || len(values) >= t.limit {
		return
	}
	next := maps.Clone(values)
	next[key] = v
	t.values.Store(&next)
}
