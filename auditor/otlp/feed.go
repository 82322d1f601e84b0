package otlp

import (
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

// Feed hands every span of td to e, in the order of td, as arrived at now
// (nanoseconds since the Unix epoch), and returns how many there were. It does
// not change td and keeps nothing of it.
func Feed(e Engine, d *Decoder, now int64, td ptrace.Traces) int { return feed(e, d, now, td, 0) }

// feed leaves out the first few spans, which have been handed on.
func feed(e Engine, d *Decoder, now int64, td ptrace.Traces, first int) int {
	n := 0
	d.lookAhead(td.ResourceSpans())
	for i := range td.ResourceSpans().Len() {
		rs := td.ResourceSpans().At(i)
		id := e.Resource(d.Resource(rs.Resource()))
		for j := range rs.ScopeSpans().Len() {
			spans := rs.ScopeSpans().At(j).Spans()
			for k := max(first-n, 0); k < spans.Len(); k++ {
				ahead(spans, k)
				d.Span(spans.At(k), id, &d.span)
				e.Add(now, &d.span)
			}
			n += spans.Len()
		}
	}
	d.release()
	return n
}

// lookAhead reads what of the resources will be read. They lie apart from each other,
// and what is read of one leads from place to place: in a loop as small as this the
// cache misses of several overlap.
func (d *Decoder) lookAhead(list ptrace.ResourceSpansSlice) {
	for i := range list.Len() {
		rs := list.At(i)
		for k, v := range rs.Resource().Attributes().All() {
			if d.ofResource.hasLength(len(k)) {
				d.read += len(v.Str())
			}
		}
		for j := range rs.ScopeSpans().Len() {
			d.read += rs.ScopeSpans().At(j).Spans().Len()
		}
	}
}

// release drops every reference into the pdata, so that a decoder that waits
// keeps no batch alive.
func (d *Decoder) release() {
	clear(d.given[:])
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
