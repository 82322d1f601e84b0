package otlp

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// Engine is what takes the facts; *auditor.Engine is one. It must copy what it
// keeps of a Resource or Span before it returns.
type Engine interface {
	// Resource interns a resource.
	Resource(r auditor.Resource) auditor.ResourceID
	// Add takes the facts of one span that arrived at now, in nanoseconds since
	// the Unix epoch.
	Add(now int64, s *auditor.Span)
}

// expecter is an engine that is told the traces of spans to come.
type expecter interface{ Expect(t auditor.TraceID) }

// Feed hands every span of td to e, in the order of td, as arrived at now
// (nanoseconds since the Unix epoch), and returns how many there were. It does
// not change td and keeps nothing of it.
func Feed(e Engine, d *Decoder, now int64, td ptrace.Traces) int { return feed(e, d, now, td, 0) }

// feed leaves out the first few spans, which have been handed on.
func feed(e Engine, d *Decoder, now int64, td ptrace.Traces, first int) int {
	n := 0
	x, wants := e.(expecter)
	list, known := td.ResourceSpans(), d.textSort != nil
	if known {
		d.lookAhead(list)
	}
	for i := range list.Len() {
		rs := list.At(i)
		id := e.Resource(d.Resource(rs.Resource()))
		for j := range rs.ScopeSpans().Len() {
			r := runOf(list, i, j)
			for k := max(first-n, 0); k < r.n; k++ {
				if known {
					ahead(&r, k)
				}
				d.Span(r.spans.At(k), id, &d.span)
				if known && k+outlineAhead < r.all {
					d.expect(r.at(k + outlineAhead))
				}
				if wants && k+traceAhead < r.all {
					x.Expect(auditor.TraceID(r.at(k + traceAhead).TraceID()))
				}
				e.Add(now, &d.span)
			}
			n += r.n
		}
	}
	d.release()
	return n
}

// release drops every reference into the pdata, so that a decoder that waits
// keeps no batch alive.
func (d *Decoder) release() {
	d.values, d.attrs, d.expects, d.expecting, d.met = pcommon.Map{}, nil, [outlineAhead]expected{}, 0, 0
	clear(d.noted[:])
	links := d.span.Links[:cap(d.span.Links)]
	clear(links)
	d.span = auditor.Span{Links: links[:0]}
	w := &d.wire
	*w = wireSpan{attributes: emptied(w.attributes), links: emptied(w.links), values: emptied(w.values)}
}

// emptied returns the memory of a list for the next span, if it is not too much.
func emptied[T any](list []T) []T {
	if cap(list) > maxLinks {
		return nil
	}
	clear(list[:cap(list)])
	return list[:0]
}
