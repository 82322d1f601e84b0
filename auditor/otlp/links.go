package otlp

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// maxLinks is the capacity of a link slice that is kept for the next span.
const maxLinks = 1024

// links returns the facts of all links, in the memory of reuse if it fits.
func (d *Decoder) links(from ptrace.SpanLinkSlice, reuse []auditor.Link) []auditor.Link {
	n := from.Len()
	if n == 0 && cap(reuse) <= maxLinks { // most spans
		return reuse[:0]
	}
	if cap(reuse) > maxLinks && n <= maxLinks {
		reuse = nil
	}
	reuse = slices.Grow(reuse[:0], n)
	for i := range n {
		reuse = append(reuse, d.link(from.At(i)))
	}
	return reuse
}

func (d *Decoder) link(l ptrace.SpanLink) auditor.Link {
	out := auditor.Link{TraceID: auditor.TraceID(l.TraceID()), SpanID: auditor.SpanID(l.SpanID())}
	attrs := l.Attributes()
	if attrs.Len() == 0 {
		return out
	}
	tag := found{rank: noRank}
	var id, old pcommon.Value
	var hasID, hasOld bool
	for k, v := range attrs.All() {
		e := d.table.find(cellOf(k), k)
		if e == nil {
			continue
		}
		tag.offer(e.rank, v)
		switch e.slot {
		case slotMessageID:
			id, hasID = v, true
		case slotMessageIDOld:
			old, hasOld = v, true
		}
	}
	out.Tag = d.reading(tag)
	if hasID {
		out.MessageID = d.text(id)
	}
	if hasOld && out.MessageID == "" {
		out.MessageID = d.text(old)
	}
	return out
}
