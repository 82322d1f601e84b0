package htmlreport

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// world builds inputs by hand: requests through gateway, svc-a, svc-b, svc-c
// and the topic TEST_MQ, like the corpus of the Java agent.
type world struct {
	serial   uint64
	start    time.Time
	edges    map[string]*auditor.Edge
	excerpts map[auditor.TraceID][]auditor.TraceSpan
	findings []auditor.Finding
	spans    uint64
	traces   uint64
	hops     uint64
}

func newWorld() *world {
	return &world{
		start: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), edges: map[string]*auditor.Edge{},
		excerpts: map[auditor.TraceID][]auditor.TraceSpan{},
	}
}

// bytes returns the next of a fixed row of random-looking ids.
func (w *world) bytes() [32]byte {
	w.serial++
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, w.serial))
}

func (w *world) traceID() auditor.TraceID { b := w.bytes(); return auditor.TraceID(b[:16]) }
func (w *world) spanID() auditor.SpanID   { b := w.bytes(); return auditor.SpanID(b[:8]) }

// step is one span of a chain; each step's parent is the one before unless
// back counts further up.
type step struct {
	service, home, op string
	kind              auditor.Kind
	tag, colour       string
	gap               int64 // microseconds after the parent's start
	back              int
}

// chain is the ordinary request with the homes and tags given for its parts:
// homes[i] and tags[i] for gateway, a, b, c, then the consumers a, b, c.
func chain(homes, tags [7]string) []step {
	s := func(i int, service, op string, k auditor.Kind, gap int64) step {
		c := tags[i]
		if c == "" {
			c = "baseline"
		}
		return step{service, homes[i], op, k, tags[i], c, gap, 0}
	}
	return []step{
		s(0, "gateway", "GET /api/order", auditor.KindServer, 0), s(0, "gateway", "GET", auditor.KindClient, 580),
		s(1, "svc-a", "GET /a/order", auditor.KindServer, 2400), s(1, "svc-a", "GET", auditor.KindClient, 5400),
		s(2, "svc-b", "GET /b/order", auditor.KindServer, 2100), s(2, "svc-b", "demo.CService/order", auditor.KindClient, 1100),
		s(3, "svc-c", "demo.CService/order", auditor.KindServer, 50900), s(3, "svc-c", "TEST_MQ publish", auditor.KindProducer, 300),
		s(4, "svc-a", "TEST_MQ process", auditor.KindConsumer, 51000), s(4, "svc-a", "GET", auditor.KindClient, 28000),
		s(5, "svc-b", "GET /b/consume", auditor.KindServer, 68000), s(5, "svc-b", "demo.CService/tail", auditor.KindClient, 1000),
		s(6, "svc-c", "demo.CService/tail", auditor.KindServer, 11000),
	}
}

func all(s string) (out [7]string) {
	for i := range out {
		out[i] = s
	}
	return out
}

// run puts a chain into the excerpts and its hops into the edges.
func (w *world) run(steps []step) (auditor.TraceID, []auditor.TraceSpan) {
	id, at := w.traceID(), w.start.Add(time.Duration(w.traces)*730*time.Millisecond).UnixNano()
	w.traces++
	var spans []auditor.TraceSpan
	for i, s := range steps {
		sp := auditor.TraceSpan{
			SpanID: w.spanID(), Start: at, Service: s.service, Home: s.home, Operation: s.op,
			Kind: s.kind, Tag: s.tag, Colour: s.colour,
		}
		if i > 0 {
			up := i - 1 - s.back
			sp.ParentID, sp.Start = spans[up].SpanID, spans[up].Start+s.gap*1000
			w.hop(steps[up], s)
		}
		spans = append(spans, sp)
	}
	w.spans += uint64(len(spans))
	w.excerpts[id] = spans
	return id, spans
}

func (w *world) edge(from, to step) *auditor.Edge {
	kind, destination := auditor.HopRPC, ""
	switch {
	case to.kind == auditor.KindConsumer:
		kind, destination = auditor.HopMessage, "TEST_MQ"
	case to.kind != auditor.KindServer:
		kind = auditor.HopLocal
	}
	key := fmt.Sprint(from.service, from.home, to.service, to.home, kind)
	e := w.edges[key]
	if e == nil {
		e = &auditor.Edge{
			From: workloadOf(from), To: workloadOf(to), Kind: kind, Destination: destination,
			Hops: map[string]uint64{}, Findings: map[auditor.Verdict]uint64{},
		}
		w.edges[key] = e
	}
	return e
}

func workloadOf(s step) auditor.Node {
	return auditor.Node{Service: s.service, Home: s.home, Baseline: s.home == "base"}
}

func (w *world) hop(from, to step) {
	w.hops++
	tag := from.tag
	if tag == "" {
		tag = to.tag
	}
	w.edge(from, to).Hops[tag]++
}

// fault is a finding to make of the hop between two steps of a chain.
type fault struct {
	verdict   auditor.Verdict
	effect    auditor.Verdict
	certainty auditor.Certainty
	code      auditor.Code
	axis      auditor.Axis
	at, peer  int
	where     auditor.Where
	env       string
	explain   string
}

// brokenApart is broken for consumers that start a trace of their own, linked
// to the producer's: the chain is cut before the fault's step.
func (w *world) brokenApart(n int, steps []step, f fault) {
	from := len(w.findings)
	w.broken(n, steps, f)
	for i := from; i < len(w.findings); i++ {
		x := &w.findings[i]
		whole, own := traceID(x.TraceID), w.traceID()
		w.excerpts[own] = slices.Clone(w.excerpts[whole][f.at:])
		w.excerpts[own][0].ParentID = auditor.SpanID{}
		w.excerpts[whole] = w.excerpts[whole][:f.at]
		x.TraceID = hex.EncodeToString(own[:])
	}
}

// broken runs a chain n times and files the fault each time.
func (w *world) broken(n int, steps []step, f fault) {
	for range n {
		id, spans := w.run(steps)
		at, up := steps[f.at], steps[f.peer]
		w.edge(up, at).Findings[f.verdict]++
		x := w.finding(f)
		x.TraceID, x.SpanID, x.Time = hex.EncodeToString(id[:]), hex.EncodeToString(spans[f.at].SpanID[:]), time.Unix(0, spans[f.at].Start).UTC()
		x.Service, x.Home, x.Kind = at.service, at.home, w.edge(up, at).Kind
		x.Peer = auditor.Peer{TraceID: x.TraceID, SpanID: hex.EncodeToString(spans[f.peer].SpanID[:]), Service: up.service, Home: up.home, Env: up.tag}
		x.Blame = auditor.Blame{Service: at.service, Operation: at.op, Where: f.where}
		if f.verdict == auditor.VerdictStranded {
			x.Kind, x.Peer = auditor.HopMessage, auditor.Peer{}
		}
		if x.Kind == auditor.HopMessage {
			m := w.bytes()
			x.System, x.Destination, x.Group, x.MessageID = "rocketmq", "TEST_MQ", "GID_A", fmt.Sprintf("FD00%X", m[:14])
		}
		w.findings = append(w.findings, x)
	}
}

func (w *world) finding(f fault) auditor.Finding {
	b := w.bytes()
	return auditor.Finding{
		ID: hex.EncodeToString(b[:16]), Revision: 1, State: auditor.StateOpen, Axis: f.axis, Verdict: f.verdict,
		Effect: f.effect, Certainty: f.certainty, Code: f.code, Env: f.env, Explain: f.explain,
	}
}

// input closes the world into an Input.
func (w *world) input() Input {
	in := Input{Title: "Release 2026-11-21, order service", Inputs: []string{"traces.jsonl.gz", "late.jsonl"}, Excerpts: w.excerpts}
	keys := make([]string, 0, len(w.edges))
	for k := range w.edges {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		in.Topology = append(in.Topology, *w.edges[k])
	}
	judged := w.hops - w.hops/40
	verdicts := map[auditor.Verdict]uint64{}
	for _, f := range w.findings {
		verdicts[f.Verdict]++
	}
	in.Report = auditor.Report{Version: 1, Findings: w.findings, Summary: auditor.Summary{
		Spans: w.spans, Traces: w.traces, Hops: w.hops, Judged: judged, Coverage: float64(judged) / float64(max(w.hops, 1)),
		Undecidable: map[auditor.Reason]uint64{auditor.ReasonUpstreamMissing: w.hops / 80, auditor.ReasonSilent: w.hops/40 - w.hops/80},
		Findings:    verdicts,
		Placement: auditor.PlacementSummary{
			Seen: w.spans / 2, Judged: w.spans / 2 * 9 / 10, Coverage: 0.9,
			Verdicts:    map[auditor.Verdict]uint64{auditor.VerdictOK: w.spans / 3, auditor.VerdictOKFallback: w.spans / 12, auditor.VerdictLeak: verdicts[auditor.VerdictLeak]},
			Undecidable: map[auditor.Reason]uint64{auditor.ReasonHomeUnknown: w.spans / 20},
		},
		Warnings: []auditor.Warning{{Kind: "silent", Subject: "id-generator", Message: "has a home and never shows a tag: baggage is not copied to its spans"}},
	}}
	in.Report.Shares = shares(in.Topology)
	return in
}
