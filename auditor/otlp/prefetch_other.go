//go:build !amd64

package otlp

import "unsafe"

// prefetch does nothing where it was not measured.
func prefetch(unsafe.Pointer, int) {}

func prefetchAttributes(*keyValue, *uint8, int, int) {}
