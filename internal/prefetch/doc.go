// Package prefetch begins to load memory that will soon be read. On processors for
// which that was not measured it does nothing.
package prefetch
