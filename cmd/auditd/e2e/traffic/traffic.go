package traffic

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// SpansOfTrace and HopsOfTrace are the size of each trace; a hop is a span with an
// upstream, parent or link.
const (
	SpansOfTrace = 9
	HopsOfTrace  = 8
)

// Counts is what a generator has made.
type Counts struct {
	Traces, Gray, Faulty uint64
}

// Generator makes traces. It is for one goroutine at a time.
type Generator struct {
	// GrayShare and FaultShare are the part of the traces that is tagged, and the
	// part of those that has a fault: 0 to 1.
	GrayShare, FaultShare float64
	Counts                Counts

	random *rand.Rand
	seed   uint64
	next   uint64
}

// New returns a generator; each seed gives other trace ids, and always the same.
func New(seed uint64) *Generator {
	return &Generator{GrayShare: .2, FaultShare: .1, random: rand.New(rand.NewPCG(seed, 7)), seed: seed}
}

// Trace is one trace as its two halves: what came first, and what came after.
type Trace struct {
	ID           string // hex
	Gray, Faulty bool
	spans        []span
}

// span is a span of a trace, by the workload that makes it.
type span struct {
	service, home string
	name          string
	kind          ptrace.SpanKind
	id, parent    byte
	env           string
	attributes    [][2]string
	trace         pcommon.TraceID
	ended         time.Time
}

// Next makes a trace that ends now.
func (g *Generator) Next(now time.Time) Trace {
	g.next++
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], g.seed+1)
	binary.BigEndian.PutUint64(id[8:], g.next)
	t := Trace{ID: hex.EncodeToString(id[:])}
	g.Counts.Traces++
	if t.Gray = g.random.Float64() < g.GrayShare; t.Gray {
		g.Counts.Gray++
		if t.Faulty = g.random.Float64() < g.FaultShare; t.Faulty {
			g.Counts.Faulty++
		}
	}
	t.spans = shop(t.Gray, t.Faulty)
	for i := range t.spans {
		t.spans[i].trace, t.spans[i].ended = id, now
	}
	return t
}

func shop(gray, faulty bool) []span {
	home, env := "base", ""
	if gray {
		home, env = "gray", "gray"
	}
	stockHome, stockEnv := home, env
	if faulty {
		stockHome, stockEnv = "base", ""
	}
	http := func(route string) [][2]string {
		return [][2]string{{"http.request.method", "GET"}, {"url.path", route}, {"http.route", route}, {"server.address", "shop.example"}, {"http.response.status_code", "200"}}
	}
	message := [][2]string{{"messaging.system", "rocketmq"}, {"messaging.destination.name", "ORDER"}, {"messaging.operation.type", "send"}}
	process := [][2]string{
		{"messaging.system", "rocketmq"},
		{"messaging.destination.name", "ORDER"},
		{"messaging.operation.type", "process"},
		{"messaging.consumer.group.name", "mailer"},
	}
	if gray {
		process[3][1] = "mailer_gray"
	}
	const server, client = ptrace.SpanKindServer, ptrace.SpanKindClient
	return []span{
		{service: "gateway", home: "base", name: "GET /order", kind: server, id: 1, env: env, attributes: http("/order")},
		{service: "gateway", home: "base", name: "GET", kind: client, id: 2, parent: 1, env: env, attributes: http("/order")},
		{service: "orders", home: home, name: "GET /order", kind: server, id: 3, parent: 2, env: env, attributes: http("/order")},
		{service: "orders", home: home, name: "GET", kind: client, id: 4, parent: 3, env: env, attributes: http("/stock")},
		{service: "orders", home: home, name: "GET", kind: client, id: 5, parent: 3, env: env, attributes: http("/pay")},
		{service: "orders", home: home, name: "send ORDER", kind: ptrace.SpanKindProducer, id: 6, parent: 3, env: env, attributes: message},
		{service: "stock", home: stockHome, name: "GET /stock", kind: server, id: 7, parent: 4, env: stockEnv, attributes: http("/stock")},
		{service: "pay", home: home, name: "GET /pay", kind: server, id: 8, parent: 5, env: env, attributes: http("/pay")},
		{service: "mailer", home: home, name: "process ORDER", kind: ptrace.SpanKindConsumer, id: 9, parent: 6, env: env, attributes: process},
	}
}

// Whole returns a batch of whole traces.
func Whole(list ...Trace) ptrace.Traces {
	return batch(list, func(*span) bool { return true })
}

// Callers returns the spans that call, Called those that are called: two batches
// that meet in the auditor only.
func Callers(list ...Trace) ptrace.Traces {
	return batch(list, func(s *span) bool { return s.id <= 6 })
}

// Called returns the other half of Callers.
func Called(list ...Trace) ptrace.Traces {
	return batch(list, func(s *span) bool { return s.id > 6 })
}

// batch puts spans below the resources of their workloads.
func batch(list []Trace, take func(*span) bool) ptrace.Traces {
	td := ptrace.NewTraces()
	of := map[[2]string]ptrace.SpanSlice{}
	for i := range list {
		for j := range list[i].spans {
			s := &list[i].spans[j]
			if !take(s) {
				continue
			}
			key := [2]string{s.service, s.home}
			spans, ok := of[key]
			if !ok {
				spans = workload(td, s.service, s.home)
				of[key] = spans
			}
			s.write(spans.AppendEmpty())
		}
	}
	return td
}

func workload(td ptrace.Traces, service, home string) ptrace.SpanSlice {
	rs := td.ResourceSpans().AppendEmpty()
	a := rs.Resource().Attributes()
	a.PutStr("service.name", service)
	a.PutStr("service.instance.id", service+"-"+home+"-0")
	a.PutStr("gray.home", home)
	a.PutBool("gray.reporting", true)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("traffic")
	return ss.Spans()
}

func (s *span) write(out ptrace.Span) {
	out.SetTraceID(s.trace)
	out.SetSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, s.id})
	if s.parent != 0 {
		out.SetParentSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, s.parent})
	}
	out.SetName(s.name)
	out.SetKind(s.kind)
	out.SetStartTimestamp(pcommon.NewTimestampFromTime(s.ended.Add(-time.Duration(20-s.id) * time.Millisecond)))
	out.SetEndTimestamp(pcommon.NewTimestampFromTime(s.ended))
	a := out.Attributes()
	for _, kv := range s.attributes {
		a.PutStr(kv[0], kv[1])
	}
	if s.env != "" {
		a.PutStr("gray.env", s.env)
	}
}

// Faulty returns the trace, gray and with its fault; its id stays.
func Faulty(t Trace) Trace { return t.as(true, true) }

// Healed returns the traces without their faults.
func Healed(list []Trace) []Trace {
	out := make([]Trace, len(list))
	for i, t := range list {
		out[i] = t.as(t.Gray, false)
	}
	return out
}

func (t Trace) as(gray, faulty bool) Trace {
	id, ended := t.spans[0].trace, t.spans[0].ended
	t.Gray, t.Faulty, t.spans = gray, faulty, shop(gray, faulty)
	for i := range t.spans {
		t.spans[i].trace, t.spans[i].ended = id, ended
	}
	return t
}

// Number makes other traces of a batch, in place: they are numbered anew from
// first on, in the order in which Next made them, and end at a time. The batch
// must be of successive traces.
func Number(td ptrace.Traces, first uint64, ended time.Time) {
	least := ^uint64(0)
	each(td, func(s ptrace.Span) {
		id := s.TraceID()
		least = min(least, binary.BigEndian.Uint64(id[8:]))
	})
	each(td, func(s ptrace.Span) {
		id := s.TraceID()
		binary.BigEndian.PutUint64(id[8:], binary.BigEndian.Uint64(id[8:])-least+first)
		s.SetTraceID(id)
		took := s.EndTimestamp() - s.StartTimestamp()
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(ended))
		s.SetStartTimestamp(s.EndTimestamp() - took)
	})
}

func each(td ptrace.Traces, do func(ptrace.Span)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				do(s)
			}
		}
	}
}
