package auditor

import (
	"encoding/binary"
	"math/bits"
)

// hasher mixes ids; seeded against crafted collisions (the construction and the
// constants are wyhash's, public domain).
type hasher struct{ seed uint64 }

// traceHash is the hash of a trace id.
type traceHash uint64

func (m hasher) trace(t *TraceID) traceHash {
	return traceHash(mix(binary.LittleEndian.Uint64(t[:8])^m.seed^0x2d358dccaa6c78a5, binary.LittleEndian.Uint64(t[8:])^0x8bb84b93962eacc9))
}

// span is the hash of a span's context.
func (t traceHash) span(s *SpanID) uint64 {
	return mix(uint64(t)^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(s[:])^0x4b33a62ed433d4a3)
}

func (m hasher) span(t *TraceID, s *SpanID) uint64 { return m.trace(t).span(s) }

// words hashes the parts of a message id's key.
func (m hasher) words(parts ...string) uint64 {
	h := m.seed ^ 0x4d5a2da51de1aa47
	for _, p := range parts {
		h = andWord(h, p)
	}
	return h
}

// andWord is the hash of one part more.
func andWord(h uint64, p string) uint64 {
	n := len(p)
	h = mix(h^uint64(n), 0x2d358dccaa6c78a5)
	for i := 8; i < n; i += 8 {
		h = mix(h^word(p[i-8:]), 0x8bb84b93962eacc9)
	}
	return mix(h^last(p), 0x4b33a62ed433d4a3)
}

// last reads the last eight bytes, or all of fewer.
func last(p string) (w uint64) {
	switch n := len(p); {
	case n >= 8:
		return word(p[n-8:])
	case n >= 4:
		return uint64(half(p))<<32 | uint64(half(p[n-4:]))
	}
	for i := range len(p) {
		w = w<<8 | uint64(p[i])
	}
	return w
}

// word reads the first eight bytes.
func word(p string) uint64 {
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// half reads the first four bytes.
func half(p string) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
