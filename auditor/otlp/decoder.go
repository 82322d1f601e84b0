package otlp

import (
	"math/bits"
	"strings"
	"unsafe"

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
	filters *[sortCount]filters // of table and headers

	ofResource filter
	textSort   unsafe.Pointer // nil: see there

	// What was found on the span at hand: in an outline, or else in own and noted.
	seen  slots
	found *findings
	own   findings
	noted [slotCount]value

	values    pcommon.Map // the attributes of the span at hand
	attrs     []keyValue  // and where they are
	outlines  [1 << outlineBits]outline
	renewed   uint // how many of them were given up for another one
	expects   [outlineAhead]expected
	expecting uint // how many of these came so far
	met       uint // and how many of them were found

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
		keys:     keys,
		members:  append(append([]string{}, keys.Env...), "gray.env"),
		table:    newTable(keys.Env),
		textSort: textSort(),
		headers:  newHeaders(keys.Env, o.Properties[:min(len(o.Properties), maxNames)]),
	}
	d.ofResource = newResourceFilter(keys.Home)
	d.table.addCaptured(d.headers)
	d.filters = newFilters(d.table, d.headers)
	return d
}

// Span fills out with the facts of sp, made by the resource res. It reuses the
// memory of out.Links and overwrites everything else. The strings are borrowed:
// see the package comment.
func (d *Decoder) Span(sp ptrace.Span, res auditor.ResourceID, out *auditor.Span) {
	d.resetBuffer()
	out.Resource = res
	copyFields(sp, out)
	d.find(sp, sortOf(out.Kind, out.ParentID.IsZero()))
	d.facts(out, sp.TraceState().AsRaw())
	out.Failed = sends(out.Op) && d.failed(sp.Status().Code())
	if !linked(out) {
		out.DroppedLinks, out.Links = 0, roomFor(0, out.Links)
		return
	}
	out.DroppedLinks = sp.DroppedLinksCount()
	out.Links = d.links(sp.Links(), out.Links)
}

// linked reports a span of which links are read. Of the others they are left where
// they are, and so is the status of those that send nothing: at the end of a span's
// memory, which the cache does not hold.
func linked(s *auditor.Span) bool {
	return s.Op.Messaging() || s.Kind == auditor.KindServer && s.ParentID.IsZero()
}

func sends(op auditor.Op) bool { return op == auditor.OpSend || op == auditor.OpCreate }

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

// facts fills in what follows from the attributes found and the tracestate; with
// copyFields, all but the resource, the status and the links.
func (d *Decoder) facts(out *auditor.Span, state string) {
	out.Op = d.op(out)
	out.Tag = d.readingOf(onTag)
	out.Header = auditor.Reading{}
	if d.seen&(onBaggage|onRequest) != 0 {
		out.Header = d.header()
	}
	out.Route, out.Witness, out.HasThreshold, out.Threshold = "", "", false, 0
	if state != "" {
		m := parseState(state)
		out.Witness, out.HasThreshold, out.Threshold = m.witness, m.hasThreshold, m.threshold
	}
	if out.Kind == auditor.KindServer || out.Op == auditor.OpRPC {
		out.Route = d.route() // these are asked whether they are probes
	}
	out.Message = auditor.Message{}
	if out.Op.Messaging() {
		d.message(out.Kind, out.Op, out.Start, &out.Message)
	}
}

// resetBuffer forgets the texts of the span before.
func (d *Decoder) resetBuffer() {
	if cap(d.buf) > maxScratch {
		d.buf = nil
	}
	d.buf = d.buf[:0]
}

func (f *found) offer(rank int16, v value) {
	if rank <= f.rank && rank != noRank {
		f.rank, f.value = rank, v
	}
}

func (d *Decoder) reading(f *found) auditor.Reading {
	if f.rank == noRank {
		return auditor.Reading{}
	}
	return auditor.Reading{Present: true, Value: d.text(&f.value)}
}

// readingOf is reading for an attribute of the span.
func (d *Decoder) readingOf(one slots) auditor.Reading {
	if d.seen&one == 0 {
		return auditor.Reading{}
	}
	return auditor.Reading{Present: true, Value: d.firstText(one)}
}

// header returns the tag in captured headers: the baggage header's, for messages
// and requests alike, else a request header's of its own.
func (d *Decoder) header() auditor.Reading {
	var r auditor.Reading
	if d.seen&onBaggage != 0 {
		r = auditor.Reading{Present: true, Value: d.baggageTag()}
	}
	if r.Value == "" && d.seen&onRequest != 0 {
		return d.readingOf(onRequest)
	}
	return r
}

// baggageTag returns the decoded tag of the captured baggage; "" if it has none.
func (d *Decoder) baggageTag() string {
	best := member{rank: noRank}
	for m := d.seen & onBaggage; m != 0; m &= m - 1 {
		v := d.value(slot(bits.TrailingZeros64(uint64(m))))
		best.scanAll(&v, d.members)
	}
	if strings.IndexByte(best.value, '%') < 0 {
		return best.value
	}
	return d.built(unescape(d.buf, best.value))
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
