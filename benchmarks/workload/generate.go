package workload

import (
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// generator makes one round; it is thrown away afterwards.
type generator struct {
	rng   *rand.Rand
	shape [SpansPerTrace]step
}

// arrival is one span and when it arrives, in units of the round.
type arrival struct {
	at       float64
	trace    int
	step     int
	workload workloadKey
}

// workloadKey names a workload instance: one ResourceSpans in each batch.
type workloadKey struct {
	service  string
	gray     bool
	instance int
}

// trace is what the spans of one trace share.
type trace struct {
	no    uint64 // random, unique; the trace id and message id are made of it
	gray  bool
	start int64
	spans [SpansPerTrace]pcommon.SpanID
}

// generate returns the batches of a round whose spans start about start
// (nanoseconds since the Unix epoch).
func generate(seed uint64, start int64) []ptrace.Traces {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 1)), shape: shape()}
	traces := make([]trace, Traces)
	arrivals := make([]arrival, 0, Spans)
	for i := range traces {
		traces[i] = g.trace(i, start)
		arrivals = g.arrivals(arrivals, i, traces[i].gray)
	}
	slices.SortFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	batches := make([]ptrace.Traces, Batches)
	for b := range batches {
		end := (b + 1) * BatchSpans
		if b == Batches-1 {
			end = len(arrivals)
		}
		batches[b] = g.batch(arrivals[b*BatchSpans:end], traces)
	}
	return batches
}

func (g *generator) trace(i int, start int64) trace {
	t := trace{no: g.rng.Uint64(), gray: i%100 < grayPercent, start: start + g.rng.Int64N(1e9)}
	for s := range t.spans {
		binary.BigEndian.PutUint64(t.spans[s][:], g.rng.Uint64())
	}
	return t
}

// arrivals scatters the spans of a trace over the round.
func (g *generator) arrivals(to []arrival, traceNo int, gray bool) []arrival {
	for i, st := range &g.shape {
		key := workloadKey{service: st.service, gray: gray && st.service != "gateway"}
		if !key.gray {
			key.instance = traceNo % instances(st.service)
		}
		to = append(to, arrival{
			at: g.rng.Float64() - childShift*float64(st.depth), trace: traceNo, step: i, workload: key,
		})
	}
	return to
}

func (g *generator) batch(arrivals []arrival, traces []trace) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := map[workloadKey]ptrace.SpanSlice{}
	for _, a := range arrivals {
		list, seen := spans[a.workload]
		if !seen {
			rs := td.ResourceSpans().AppendEmpty()
			fillResource(rs.Resource().Attributes(), a.workload)
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName("shop.instrumentation")
			ss.Scope().SetVersion("1.4.0")
			list = ss.Spans()
			spans[a.workload] = list
		}
		g.span(list.AppendEmpty(), &traces[a.trace], a.step)
	}
	return td
}

func (g *generator) span(s ptrace.Span, t *trace, i int) {
	const millisecond = 1_000_000
	st := g.shape[i]
	s.SetTraceID(t.traceID())
	s.SetSpanID(t.spans[i])
	s.SetFlags(0x101) // sampled; the parent is known to be local
	if st.parent >= 0 {
		s.SetParentSpanID(t.spans[st.parent])
		if st.kind == ptrace.SpanKindServer || st.kind == ptrace.SpanKindConsumer {
			s.SetFlags(0x301) // remote parent
		}
	}
	s.SetName(st.name)
	s.SetKind(st.kind)
	start := t.start + int64(st.depth)*millisecond
	s.SetStartTimestamp(pcommon.Timestamp(start))
	s.SetEndTimestamp(pcommon.Timestamp(start + 10*millisecond + g.rng.Int64N(10*millisecond)))
	g.fill(s.Attributes(), st, t.gray, t.no)
	if st.attrs == consumer {
		l := s.Links().AppendEmpty()
		l.SetTraceID(t.traceID())
		l.SetSpanID(t.spans[st.parent])
	}
}

func (t *trace) traceID() pcommon.TraceID {
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], t.no*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(id[8:], t.no)
	return id
}

func fillResource(m pcommon.Map, w workloadKey) {
	home := "base"
	if w.gray {
		home = "gray"
	}
	name := w.service + "-" + home + "-" + strconv.Itoa(w.instance)
	m.PutStr("service.name", w.service)
	m.PutStr("service.namespace", "shop")
	m.PutStr("service.version", "2.7.1")
	m.PutStr("service.instance.id", name)
	m.PutStr("gray.home", home)
	m.PutStr("host.name", name+".node")
	m.PutStr("telemetry.sdk.language", "go")
	m.PutStr("telemetry.sdk.name", "opentelemetry")
	m.PutStr("telemetry.sdk.version", "1.47.0")
}
