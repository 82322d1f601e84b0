package prefetch

import "unsafe"

// Lines begins to load n cache lines of 64 bytes, at least one. Other than a load it is
// waited for by nobody and may be given any address: of a wrong one nothing comes.
//
//go:noescape
func Lines(p unsafe.Pointer, n int)
