package auditor_test

import (
	"encoding/binary"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/auditor"
)

// fact is one span with its resource, as a unit that can be moved about.
type fact struct {
	res  auditor.Resource
	span auditor.Span
}

// scene is a random policy with random traffic.
type scene struct {
	policy auditor.Policy
	facts  []fact
}

// painter draws a scene: random trees of services, and messages between them.
type painter struct {
	t        *rapid.T
	scene    scene
	services []auditor.Resource
	sent     []int // facts of producers
	ids      uint64
}

const sceneStart = int64(1_700_000_000_000_000_000)

// drawScene draws up to 5 traces of up to 7 spans.
func drawScene(t *rapid.T) scene {
	p := &painter{t: t}
	p.scene.policy = drawPolicy(t)
	p.drawServices()
	for trace := range p.between(1, 5, "traces") {
		first := len(p.scene.facts)
		for range p.between(1, 7, "spans") {
			p.drawSpan(trace+1, first)
		}
	}
	if p.coin("far") { // the data reach past the time of every message
		p.scene.facts = append(p.scene.facts, fact{
			auditor.Resource{Service: "clock"},
			auditor.Span{TraceID: traceID(99), SpanID: spanID(9999), Start: sceneStart + int64(9*time.Hour), Kind: auditor.KindInternal},
		})
	}
	return p.scene
}

func drawPolicy(t *rapid.T) auditor.Policy {
	p := auditor.DefaultPolicy()
	coin := func(name string) bool { return rapid.Bool().Draw(t, name) }
	p.Windows = auditor.Windows{Pair: time.Hour, Liveness: time.Hour, Stranded: time.Hour}
	p.Origins, p.Ignore = []string{"gateway"}, []string{"/healthz"}
	if coin("forbid") {
		p.Fallback = auditor.FallbackForbid
	}
	if coin("home missing") {
		p.HomeMissing = auditor.HomeMissingBaseline
	}
	if coin("evidence home") {
		p.ReportingEvidence = auditor.EvidenceHome
	}
	if coin("alive") {
		p.Alive = []auditor.AliveTwin{{Service: "a", Home: "gray"}, {Topic: "T", Group: "g", Home: "gray"}}
	}
	if coin("consumers") {
		p.Consumers = []auditor.ConsumerRule{{Topic: "T", Group: "g", Serves: []string{"blue"}}, {Topic: "U", Ignores: []string{"gray"}}}
	}
	if coin("neutral") {
		p.Neutral = []string{"d"}
	}
	if coin("captured") {
		p.CapturedProperties = []string{"gray_env"}
	}
	if coin("versions") {
		p.ValidFrom = time.Unix(0, sceneStart+int64(10*time.Second))
		p.Windows.Grace = time.Duration(rapid.IntRange(0, 5).Draw(t, "grace")) * time.Second
	}
	return p
}

// drawServices gives each of a, b, c and d its way of recording tags: declared
// or learned by showing them; silent and blind ones show none, see drawTag.
func (p *painter) drawServices() {
	p.services = []auditor.Resource{{Service: "gateway", Home: home("base"), Reporting: true}}
	for _, name := range []string{"a", "b", "c", "d"} {
		switch way := rapid.SampledFrom([]string{"declared", "learned", "silent", "blind"}).Draw(p.t, name); way {
		case "blind":
			p.services = append(p.services, auditor.Resource{Service: name + "-blind"})
		default:
			n := name
			if way == "silent" {
				n += "-silent"
			}
			for _, h := range []string{"base", "gray", "blue"} {
				p.services = append(p.services, auditor.Resource{Service: n, Home: home(h), Reporting: way == "declared"})
			}
		}
	}
}

func home(h string) auditor.Reading { return auditor.Reading{Present: true, Value: h} }

func mute(r auditor.Resource) bool { return len(r.Service) > 2 && r.Service != "gateway" }

func (p *painter) coin(name string) bool { return rapid.Bool().Draw(p.t, name) }

// rare is true once in n times; it shrinks to false.
func (p *painter) rare(n int, name string) bool { return p.between(0, n-1, name) == n-1 && n > 1 }

func (p *painter) between(from, to int, name string) int {
	return rapid.IntRange(from, to).Draw(p.t, name)
}

func traceID(n int) (id auditor.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func spanID(n uint64) (id auditor.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

type work struct {
	kind auditor.Kind
	op   auditor.Op
}

func (p *painter) drawSpan(trace, first int) {
	p.ids++
	s := auditor.Span{TraceID: traceID(trace), SpanID: spanID(p.ids), Name: fmt.Sprintf("op%d", p.ids)}
	s.Start = sceneStart + int64(p.between(0, 20, "second"))*int64(time.Second)
	s.End = s.Start + int64(time.Second)
	var parent *fact
	if n := len(p.scene.facts); n > first && !p.rare(8, "root") {
		parent = &p.scene.facts[p.between(first, n-1, "parent")]
		s.ParentID = parent.span.SpanID
	} else if p.rare(8, "orphan") {
		s.ParentID = spanID(p.ids + 1_000_000)
	}
	s.Remote = rapid.SampledFrom([]auditor.Remote{auditor.RemoteUnknown, auditor.RemoteNo, auditor.RemoteYes}).Draw(p.t, "remote")
	f := fact{res: rapid.SampledFrom(p.services).Draw(p.t, "service")}
	w := p.drawWork(&s)
	if parent != nil && w.kind != auditor.KindServer && w.op != auditor.OpProcess && p.coin("same workload") {
		f.res = parent.res
	}
	up := p.drawMessage(&s, parent)
	f.span = s
	p.drawTag(&f, up)
	p.drawReadings(&f)
	p.scene.facts = append(p.scene.facts, f)
	if w.op == auditor.OpSend || w.op == auditor.OpCreate {
		p.sent = append(p.sent, len(p.scene.facts)-1)
	}
}

func (p *painter) drawWork(s *auditor.Span) work {
	w := rapid.SampledFrom([]work{
		{auditor.KindServer, auditor.OpRPC},
		{auditor.KindClient, auditor.OpRPC},
		{auditor.KindInternal, auditor.OpOther},
		{auditor.KindProducer, auditor.OpSend},
		{auditor.KindConsumer, auditor.OpProcess},
		{auditor.KindConsumer, auditor.OpProcess},
		{auditor.KindProducer, auditor.OpCreate},
		{auditor.KindClient, auditor.OpSend},
		{auditor.KindConsumer, auditor.OpReceive},
		{auditor.KindClient, auditor.OpSettle},
		{auditor.KindClient, auditor.OpStore},
		{auditor.KindConsumer, auditor.OpOther},
		{auditor.KindInternal, auditor.OpProcess},
		{auditor.KindUnspecified, auditor.OpOther},
	}).Draw(p.t, "work")
	s.Kind, s.Op = w.kind, w.op
	return w
}

func (p *painter) env() string {
	return rapid.SampledFrom([]string{"base", "gray", "blue"}).Draw(p.t, "env")
}

// drawTag mostly keeps the tag of the upstream; sometimes it is lost or changed.
func (p *painter) drawTag(f *fact, up *fact) {
	if mute(f.res) {
		return
	}
	switch p.between(0, 7, "tag") {
	case 0: // lost, or none
	case 1:
		f.span.Tag = auditor.Reading{Present: true, Value: p.env()}
	case 2, 3:
		f.span.Tag = auditor.Reading{Present: true, Value: "gray"}
	default:
		if up != nil {
			f.span.Tag = up.span.Tag
		}
	}
}

func (p *painter) drawReadings(f *fact) {
	if p.rare(8, "witness") {
		f.span.Witness = p.env()
	}
	if p.rare(8, "header") {
		f.span.Header = auditor.Reading{Present: true, Value: p.env()}
	}
	if f.span.Op.Messaging() && p.rare(5, "property") {
		f.span.Message.Property = auditor.Reading{Present: true, Value: p.env()}
	}
	if f.span.Kind == auditor.KindServer && p.rare(10, "probe") {
		f.span.Route = "GET /healthz"
	}
}
