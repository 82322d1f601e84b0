package otlp

import "unsafe"

// prefetch begins to load some cache lines, at least one. Other than a load it is
// waited for by nobody and may be given any address: of a wrong one nothing comes.
//
//go:noescape
func prefetch(p unsafe.Pointer, lines int)

// prefetchAttributes does so for the names at some places of a list and for the values
// at the first few of them.
//
//go:noescape
func prefetchAttributes(list *keyValue, places *uint8, values, names int)
