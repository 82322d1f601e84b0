package otlp

import (
	"math/bits"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

const (
	// maxScratch bounds the scratch buffer that is kept between spans, in bytes.
	maxScratch = 8 << 10
	// maxTime keeps the sum of two times inside int64: it is in the year 2116.
	maxTime = 1 << 62
)

// Options of a Decoder; the zero value is usable.
type Options struct {
	// Properties are message properties that agents capture for the tag, beyond
	// the known names: the policy's CapturedProperties.
	Properties []string
}

// Decoder turns spans and resources into facts. It is not safe for concurrent
// use: each goroutine needs its own.
type Decoder struct {
	keys    auditor.Keys
	members []string // keys of baggage members that hold the tag
	table   *table
	headers *headers
	filters *[kindCount]filters // of table and headers

	// What collect found on the span at hand.
	seen     slots
	values   [slotCount]value // valid where seen has the bit
	tag      found            // among the policy's env keys
	property found            // among the captured message properties
	request  found            // among the captured request headers

	buf  []byte       // scratch for text that is nowhere in the pdata
	span auditor.Span // Feed's
	wire wireSpan     // FeedProto's
}

// found is the attribute of the best rank so far; noRank: none.
type found struct {
	rank  int16
	value value
}

// NewDecoder returns a decoder that reads tag and home by keys, the first
// present one in their order. At most 256 names of each list count.
func NewDecoder(keys auditor.Keys, o Options) *Decoder {
	keys.Env = keys.Env[:min(len(keys.Env), maxNames)]
	keys.Home = keys.Home[:min(len(keys.Home), maxNames)]
	d := &Decoder{
		keys:    keys,
		members: append(append([]string{}, keys.Env...), "gray.env"),
		table:   newTable(keys.Env),
		headers: newHeaders(keys.Env, o.Properties[:min(len(o.Properties), maxNames)]),
	}
	d.filters = newFilters(d.table, d.headers)
	return d
}

// Span fills out with the facts of sp, made by the resource res. It reuses the
// memory of out.Links and overwrites everything else. The strings are borrowed:
// see the package comment.
func (d *Decoder) Span(sp ptrace.Span, res auditor.ResourceID, out *auditor.Span) {
	d.reset()
	links := out.Links
	*out = auditor.Span{Resource: res}
	copyFields(sp, out)
	f := &d.filters[out.Kind]
	d.collect(sp.Attributes(), &f.first)
	if f.more && d.seen&onMessaging != 0 {
		d.collect(sp.Attributes(), &f.all) // what was noted is noted again
	}
	d.facts(out, sp.TraceState().AsRaw())
	out.Failed = out.Op.Messaging() && d.failed(sp.Status().Code())
	if !linked(out) {
		out.Links = roomFor(0, links)
		return
	}
	out.DroppedLinks = sp.DroppedLinksCount()
	out.Links = d.links(sp.Links(), links)
}

// linked reports a span of which links are read. Of the others they are left where
// they are, and so is the status of those that send nothing: at the end of a span's
// memory, which the cache does not hold.
func linked(s *auditor.Span) bool { return s.Op.Messaging() || s.Kind == auditor.KindServer }

func (d *Decoder) failed(status ptrace.StatusCode) bool {
	return status == ptrace.StatusCodeError || d.str(onError) != ""
}

// copyFields copies what needs no rule.
func copyFields(sp ptrace.Span, out *auditor.Span) {
	out.TraceID = auditor.TraceID(sp.TraceID())
	out.SpanID = auditor.SpanID(sp.SpanID())
	out.ParentID = auditor.SpanID(sp.ParentSpanID())
	out.Start = nanoseconds(sp.StartTimestamp())
	out.End = nanoseconds(sp.EndTimestamp())
	out.Kind = kindOf(sp.Kind())
	out.Remote = remoteOf(sp.Flags())
	out.Name = sp.Name()
}

// facts fills in what follows from the attributes collected and the tracestate.
func (d *Decoder) facts(out *auditor.Span, state string) {
	out.Op = d.op(out.Kind)
	out.Tag = d.reading(&d.tag)
	out.Header = d.header()
	if state != "" {
		m := parseState(state)
		out.Witness, out.HasThreshold, out.Threshold = m.witness, m.hasThreshold, m.threshold
	}
	if out.Kind == auditor.KindServer || out.Op == auditor.OpRPC && out.ParentID.IsZero() {
		out.Route = d.route() // these are asked whether they are probes
	}
	if out.Op.Messaging() {
		d.message(out.Kind, out.Op, out.Start, &out.Message)
	}
}

// reset forgets the span before.
func (d *Decoder) reset() {
	d.seen = 0
	d.tag.rank, d.property.rank, d.request.rank = noRank, noRank, noRank
	d.resetBuffer()
}

func (d *Decoder) resetBuffer() {
	if cap(d.buf) > maxScratch {
		d.buf = nil
	}
	d.buf = d.buf[:0]
}

func (d *Decoder) reading(f *found) auditor.Reading {
	if f.rank == noRank {
		return auditor.Reading{}
	}
	return auditor.Reading{Present: true, Value: d.text(&f.value)}
}

// header returns the tag in captured headers: the baggage header's, for messages
// and requests alike, else a request header's of its own.
func (d *Decoder) header() auditor.Reading {
	var r auditor.Reading
	if d.seen&onBaggage != 0 {
		r = auditor.Reading{Present: true, Value: d.baggageTag()}
	}
	if r.Value == "" && d.request.rank != noRank {
		return d.reading(&d.request)
	}
	return r
}

// baggageTag returns the decoded tag of the captured baggage; "" if it has none.
func (d *Decoder) baggageTag() string {
	best := member{rank: noRank}
	for m := d.seen & onBaggage; m != 0; m &= m - 1 {
		best.scanAll(&d.values[bits.TrailingZeros64(uint64(m))], d.members)
	}
	if strings.IndexByte(best.value, '%') < 0 {
		return best.value
	}
	return d.built(unescape(d.buf, best.value))
}

// str returns the first text of the set that is not empty.
func (d *Decoder) str(set slots) string {
	if d.seen&set == 0 { // nearly always: this much is inlined
		return ""
	}
	return d.firstText(d.seen & set)
}

func (d *Decoder) firstText(m slots) string {
	for ; m != 0; m &= m - 1 {
		if s := d.text(&d.values[bits.TrailingZeros64(uint64(m))]); s != "" {
			return s
		}
	}
	return ""
}

// num returns the first number of the set that is not 0.
func (d *Decoder) num(set slots) int64 {
	for m := d.seen & set; m != 0; m &= m - 1 {
		if n := number(&d.values[bits.TrailingZeros64(uint64(m))]); n != 0 {
			return n
		}
	}
	return 0
}

func nanoseconds(t pcommon.Timestamp) int64 { return int64(min(uint64(t), maxTime)) }

func kindOf(k ptrace.SpanKind) auditor.Kind {
	if k < ptrace.SpanKindUnspecified || k > ptrace.SpanKindConsumer {
		return auditor.KindUnspecified
	}
	return auditor.Kind(k)
}

// remoteOf reads bits 8 (known) and 9 (remote) of the span flags.
func remoteOf(flags uint32) auditor.Remote {
	switch {
	case flags&0x100 == 0:
		return auditor.RemoteUnknown
	case flags&0x200 == 0:
		return auditor.RemoteNo
	}
	return auditor.RemoteYes
}
