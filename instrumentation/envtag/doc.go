// Package envtag reads, sets and strips the env tag of a context.
//
// The env tag names the environment that a piece of traffic belongs to. It
// travels as the W3C baggage member [Key]; traffic without it is baseline
// traffic. Nothing is stored outside the context, so all functions are safe
// for concurrent use.
package envtag
