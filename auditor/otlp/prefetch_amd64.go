package otlp

// prefetchAttributes begins to load the names at some places of a list, and the values
// at the first few of them.
//
//go:noescape
func prefetchAttributes(list *keyValue, places *uint8, values, names int)
