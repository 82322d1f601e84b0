//go:build !amd64

package otlp

// prefetchAttributes does nothing where it was not measured.
func prefetchAttributes(*keyValue, *uint8, int, int) {}
