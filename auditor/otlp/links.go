package otlp

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// maxLinks is the capacity of a link slice that is kept for the next span.
const maxLinks = 1024

// links returns the facts of all links, in the memory of reuse if it fits.
func (d *Decoder) links(from ptrace.SpanLinkSlice, reuse []auditor.Link) []auditor.Link {
	n := from.Len()
	reuse = roomFor(n, reuse)
	for i := range n {
		reuse = append(reuse, d.link(from.At(i)))
	}
	return reuse
}

// roomFor returns an empty list for n links, in the memory of reuse if it fits and
// is not too much.
func roomFor(n int, reuse []auditor.Link) []auditor.Link {
	if cap(reuse) > maxLinks && n <= maxLinks {
		return make([]auditor.Link, 0, n)
	}
	return slices.Grow(reuse[:0], n)
}

func (d *Decoder) link(l ptrace.SpanLink) auditor.Link {
	out := auditor.Link{TraceID: auditor.TraceID(l.TraceID()), SpanID: auditor.SpanID(l.SpanID())}
	attrs := l.Attributes()
	if attrs.Len() == 0 {
		return out
	}
	f := linkFacts{tag: found{rank: noRank}}
	for k, v := range attrs.All() {
		d.linkAttribute(&f, k, value{pdata: v})
	}
	d.linkFacts(&f, &out)
	return out
}

// linkFacts is what was found on a link; of its message id the newer name comes first.
type linkFacts struct {
	tag found
	ids [2]value
	has [2]bool
}

func (d *Decoder) linkAttribute(f *linkFacts, k string, v value) {
	e := d.table.find(cellOf(k), k)
	if e == nil {
		return
	}
	f.tag.offer(e.rank, v)
	switch e.slot {
	case slotMessageID:
		f.ids[0], f.has[0] = v, true
	case slotMessageIDOld:
		f.ids[1], f.has[1] = v, true
	}
}

func (d *Decoder) linkFacts(f *linkFacts, out *auditor.Link) {
	out.Tag = d.reading(&f.tag)
	for i := range f.ids {
		if f.has[i] && out.MessageID == "" {
			out.MessageID = d.text(&f.ids[i])
		}
	}
}
