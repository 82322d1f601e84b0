package auditor

import (
	"unsafe"

	"github.com/dyetrace/dyetrace/internal/prefetch"
)

// Expect tells of which trace the third span from now will be, counted from the one
// that is about to be added. What is known of that trace is loaded meanwhile. It
// decides nothing: calls may be left out, and be wrong.
func (e *Engine) Expect(t TraceID) { e.plains.expect(e.hash.trace(&t)) }

// expect loads where the newest trace of a hash is, and where the one of two calls ago is.
func (x *plainTraces) expect(h traceHash) {
	if len(x.traces) == 0 {
		return
	}
	prefetch.Lines(unsafe.Pointer(x.recently(h)), 1)
	x.expected[x.expecting%uint(len(x.expected))] = h
	x.expecting++
	h = x.expected[x.expecting%uint(len(x.expected))]
	p := unsafe.Pointer(&x.slots[x.home(h)])
	if r, low := x.recently(h), uint32(h); r.at != 0 && r.hash == low {
		p = unsafe.Pointer(&x.traces[r.at-1])
	}
	prefetch.Lines(p, 1)
}
