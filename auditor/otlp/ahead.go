package otlp

import (
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/internal/prefetch"
)

// Unmarshalling puts each part of a span wherever there is room; to wait for them is
// most of what decoding costs. So each span is prefetched in three steps, some spans
// before its turn: itself, its attributes, and then the names and values that its
// outline asks for. Sooner, they would push each other out of the nearest cache.
const (
	spanAhead      = 5
	attributeAhead = 3
	outlineAhead   = 2
	traceAhead     = 3 // as Engine.Expect says

	spanLines  = 3  // of four: the last comes with its neighbour
	otherLines = 2  // of a link, a resource or a scope
	lineSize   = 64 // bytes
)

// run is the spans of a scope and of the one behind it, which are prefetched as one.
type run struct {
	spans, next ptrace.SpanSlice
	n, all      int // spans in the first, and in both
}

// runOf returns the run that begins with a scope of a resource.
func runOf(list ptrace.ResourceSpansSlice, resource, scope int) run {
	scopes := list.At(resource).ScopeSpans()
	r := run{spans: scopes.At(scope).Spans()}
	r.n = r.spans.Len()
	r.all = r.n
	if scope++; scope == scopes.Len() && resource+1 < list.Len() {
		scopes, scope = list.At(resource+1).ScopeSpans(), 0
	}
	if scope < scopes.Len() {
		r.next = scopes.At(scope).Spans()
		r.all += r.next.Len()
	}
	return r
}

func (r *run) at(k int) ptrace.Span {
	if k < r.n {
		return r.spans.At(k)
	}
	return r.next.At(k - r.n)
}

// ahead prefetches what is to come after the span at k of a run.
func ahead(r *run, k int) {
	if k+spanAhead < r.all {
		prefetch.Lines(address(r.at(k+spanAhead)), spanLines)
	}
	if k+attributeAhead < r.all {
		next := r.at(k + attributeAhead)
		prefetch.Lines(unsafe.Pointer(unsafe.StringData(next.Name())), 1)
		aheadOf(next.Attributes())
		if next.Links().Len() > 0 {
			prefetch.Lines(array(next.Links()), 1)
		}
	}
}

func aheadOf(m pcommon.Map) {
	attrs := attributesOf(m)
	prefetch.Lines(unsafe.Pointer(unsafe.SliceData(attrs)), 1+int(unsafe.Sizeof(keyValue{}))*min(len(attrs), maxPlaces)/lineSize)
}

// expected is a span of which the outline was looked up ahead.
type expected struct {
	span    ptrace.Span
	outline *outline
	renewed uint // outlines so far
}

// expect looks up the outline of a span that comes soon, after those that were expected
// before, and prefetches what is read of it.
func (d *Decoder) expect(sp ptrace.Span) {
	if sp.Attributes().Len() > maxPlaces {
		return
	}
	if sp.Links().Len() > 0 {
		prefetch.Lines(address(sp.Links().At(0)), otherLines)
	}
	attrs := attributesOf(sp.Attributes())
	o := d.outline(attrs, shapeOf(len(attrs), sortOf(kindOf(sp.Kind()), sp.ParentSpanID().IsEmpty())))
	d.expects[d.expecting%outlineAhead] = expected{sp, o, d.renewed}
	d.expecting++
	if o.state == outlineLearned {
		prefetchAttributes(unsafe.SliceData(attrs), &o.wanted[0], int(o.known), int(o.known)+int(o.unknown))
	}
}

// outlineOf returns the outline of a span, as expected if it was.
func (d *Decoder) outlineOf(sp ptrace.Span, attrs []keyValue, shape uint64) *outline {
	x := &d.expects[d.met%outlineAhead]
	if x.span != sp {
		return d.outline(attrs, shape)
	}
	d.met++
	if x.renewed != d.renewed || x.outline.shape != shape {
		return d.outline(attrs, shape)
	}
	return x.outline
}

// lookAhead prefetches what will be read of the resources. They lie apart from each
// other and what is read of one leads from place to place: each loop goes one place on.
func (d *Decoder) lookAhead(list ptrace.ResourceSpansSlice) {
	for i := range list.Len() {
		prefetch.Lines(address(list.At(i)), otherLines)
	}
	for i := range list.Len() {
		aheadOf(list.At(i).Resource().Attributes())
		prefetch.Lines(array(list.At(i).ScopeSpans()), 1)
	}
	for i := range list.Len() {
		if scopes := list.At(i).ScopeSpans(); scopes.Len() > 0 {
			prefetch.Lines(address(scopes.At(0)), otherLines)
		}
	}
	for i := range list.Len() {
		for k, v := range list.At(i).Resource().Attributes().All() {
			if d.ofResource.hasLength(len(k)) {
				prefetch.Lines(unsafe.Pointer(unsafe.StringData(k)), 1)
				prefetch.Lines(unsafe.Pointer(unsafe.StringData(v.Str())), 1)
			}
		}
		if scopes := list.At(i).ScopeSpans(); scopes.Len() > 0 {
			prefetch.Lines(array(scopes.At(0).Spans()), 1)
		}
	}
}
