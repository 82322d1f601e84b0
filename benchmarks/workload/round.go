package workload

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Round is the traffic of one round. It is not safe for concurrent use.
type Round struct {
	batches []ptrace.Traces
	start   int64 // nanoseconds since the Unix epoch
	rounds  uint64
}

// New generates a round; the same seed gives the same spans. They lie in memory as
// behind a receiver, each key and value where unmarshalling puts it: generated spans
// would share their keys, and no component ever meets such.
func New(seed uint64) *Round {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano()
	return &Round{batches: received(generate(seed, start)), start: start}
}

func received(sent []ptrace.Traces) []ptrace.Traces {
	wire, err := Encode(sent)
	out := make([]ptrace.Traces, len(wire))
	for i := range out {
		if err == nil {
			out[i], err = new(ptrace.ProtoUnmarshaler).UnmarshalTraces(wire[i])
		}
	}
	if err != nil {
		panic(err) // pdata refuses what pdata wrote
	}
	return out
}

// Encode returns each batch as OTLP protobuf.
func Encode(batches []ptrace.Traces) ([][]byte, error) {
	wire := make([][]byte, 0, len(batches))
	for _, td := range batches {
		b, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		if err != nil {
			return nil, err
		}
		wire = append(wire, b)
	}
	return wire, nil
}

// Batches returns the batches in order of arrival. They belong to the Round:
// Fresh changes them, readers must not.
func (r *Round) Batches() []ptrace.Traces { return r.batches }

// Copies returns batches that the caller owns.
func (r *Round) Copies() []ptrace.Traces {
	out := make([]ptrace.Traces, len(r.batches))
	for i, b := range r.batches {
		out[i] = ptrace.NewTraces()
		b.CopyTo(out[i])
	}
	return out
}

// Fresh gives all traces, spans and messages ids that no round had before, in
// place, and moves their times so that the round starts at start (nanoseconds
// since the Unix epoch).
func (r *Round) Fresh(start int64) {
	r.rounds++
	c := change{mask: mix(r.rounds-1) ^ mix(r.rounds), shift: start - r.start}
	r.start = start
	for _, td := range r.batches {
		rss := td.ResourceSpans()
		for i := range rss.Len() {
			spans := rss.At(i).ScopeSpans().At(0).Spans()
			for k := range spans.Len() {
				c.span(spans.At(k))
			}
		}
	}
}

// change turns one round's ids and times into the next one's. The mask keeps
// ids distinct and relations intact, whatever the ids are.
type change struct {
	mask  uint64
	shift int64
}

func (c change) span(s ptrace.Span) {
	s.SetTraceID(c.traceID(s.TraceID()))
	s.SetSpanID(c.spanID(s.SpanID()))
	s.SetParentSpanID(c.spanID(s.ParentSpanID()))
	s.SetStartTimestamp(pcommon.Timestamp(int64(s.StartTimestamp()) + c.shift))
	s.SetEndTimestamp(pcommon.Timestamp(int64(s.EndTimestamp()) + c.shift))
	for i := range s.Links().Len() {
		l := s.Links().At(i)
		l.SetTraceID(c.traceID(l.TraceID()))
		l.SetSpanID(c.spanID(l.SpanID()))
	}
	if id, ok := s.Attributes().Get(messageIDKey); ok {
		t := s.TraceID()
		id.SetStr(messageID(binary.BigEndian.Uint64(t[8:])))
	}
}

func (c change) traceID(id pcommon.TraceID) pcommon.TraceID {
	binary.BigEndian.PutUint64(id[8:], binary.BigEndian.Uint64(id[8:])^c.mask)
	binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])^(c.mask*3))
	return id
}

func (c change) spanID(id pcommon.SpanID) pcommon.SpanID {
	if id.IsEmpty() {
		return id
	}
	binary.BigEndian.PutUint64(id[:], binary.BigEndian.Uint64(id[:])^c.mask)
	return id
}

// mix is the finaliser of SplitMix64, with mix(0) = 0.
func mix(x uint64) uint64 {
	x *= 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
