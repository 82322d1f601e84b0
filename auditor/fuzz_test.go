package auditor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// tape turns fuzz bytes into decisions; past its end all decisions are 0.
type tape struct {
	data []byte
	at   int
}

func (t *tape) byte() byte {
	if t.at >= len(t.data) {
		return 0
	}
	t.at++
	return t.data[t.at-1]
}

// pick returns 0..n-1.
func (t *tape) pick(n int) int { return int(t.byte()) % n }

func (t *tape) done() bool { return t.at >= len(t.data) }

// event is one call of the engine: a span, or time that passes.
type event struct {
	fact
	isSpan  bool
	advance time.Duration
}

// maxEvents bounds one fuzz input, so that inputs stay small and runs quick.
const maxEvents = 400

// events reads calls from bytes. Ids come from small spaces, so that joins,
// duplicates, cycles and links happen a lot.
func events(data []byte) (auditor.Policy, []event) {
	t := &tape{data: data}
	p := tapePolicy(t)
	var out []event
	var now time.Duration
	first := map[spanKey]time.Duration{}
	for !t.done() && len(out) < maxEvents {
		v := event{}
		switch b := t.byte(); {
		case b < 200:
			v = event{fact: t.fact(b), isSpan: true}
			k := spanKey{v.span.TraceID, v.span.SpanID}
			if at, again := first[k]; !again {
				first[k] = now
			} else if now-at >= p.Windows.Pair {
				continue // duplicates are one span inside the window only
			}
		case b < 250:
			v.advance = time.Duration(t.pick(256)) * time.Second / 8
		default:
			v.advance = time.Duration(t.pick(256)) * time.Minute
		}
		now += v.advance
		out = append(out, v)
	}
	return p, out
}

type spanKey struct {
	trace auditor.TraceID
	span  auditor.SpanID
}

func tapePolicy(t *tape) auditor.Policy {
	p := auditor.DefaultPolicy()
	b := t.byte()
	p.Windows = auditor.Windows{Pair: 8 * time.Second, Liveness: 30 * time.Second, Stranded: time.Minute, Grace: 2 * time.Second}
	p.Origins = []string{"s0"}
	if b&1 != 0 {
		p.Fallback = auditor.FallbackForbid
	}
	if b&2 != 0 {
		p.HomeMissing = auditor.HomeMissingBaseline
	}
	if b&4 != 0 {
		p.ReportingEvidence = auditor.EvidenceHome
	}
	if b&8 != 0 {
		p.Alive = []auditor.AliveTwin{{Service: "s1", Home: "gray"}, {Topic: "t0", Group: "g0", Home: "gray"}}
		p.Isolation = []auditor.IsolationRule{{Topic: "t1", Group: "g1", Ignores: []string{"gray"}, Cut: time.Unix(0, sceneStart)}}
	}
	if b&16 != 0 {
		p.ValidFrom = time.Unix(0, sceneStart+int64(10*time.Second))
	}
	if b&32 != 0 {
		p.CapturedProperties = []string{"gray_env"}
	}
	if b&64 != 0 {
		p.Consumers = []auditor.ConsumerRule{{Topic: "t0", Serves: []string{"blue"}}, {Topic: "*", Ignores: []string{"gray"}}}
	}
	if b&128 != 0 {
		p.Neutral = []string{"s3", "t2"}
	}
	return p
}

func (t *tape) reading(b byte) auditor.Reading {
	switch b % 6 {
	case 1, 2:
		return home("gray")
	case 3:
		return home("blue")
	case 4:
		return home("base")
	}
	return auditor.Reading{}
}

func (t *tape) fact(first byte) fact {
	ids, who, tag, more := t.byte(), t.byte(), t.byte(), t.byte()
	s := auditor.Span{
		TraceID: traceID(int(first%3) + 1), SpanID: spanID(uint64(ids%16) + 1), ParentID: spanID(uint64(ids / 16)),
		Start: sceneStart + int64(t.byte())*int64(time.Second)/4, Kind: auditor.Kind(first / 3 % 7), Op: auditor.Op(first / 21 % 9),
		Remote: auditor.Remote(more % 4), Failed: more&4 != 0, Name: string(rune('a' + who%5)), Tag: t.reading(tag), Witness: t.reading(tag / 6).Value,
	}
	if s.Kind > auditor.KindConsumer { // more weight on messages
		s.Kind, s.Op = auditor.KindProducer, auditor.OpSend
	}
	if s.Op > auditor.OpSettle {
		s.Kind, s.Op = auditor.KindConsumer, auditor.OpProcess
	}
	s.End = s.Start + 1
	f := fact{res: auditor.Resource{Service: string([]byte{'s', '0' + who%5}), Home: t.reading(who / 5), Reporting: who >= 150}}
	if more&8 != 0 {
		s.Header = t.reading(t.byte())
	}
	if more&16 != 0 {
		s.HasThreshold, s.Threshold = true, uint64(t.byte())<<48
	}
	if more&32 != 0 {
		s.Route = "GET /healthz"
	}
	if s.Op.Messaging() {
		t.message(&s)
	}
	if more&64 != 0 {
		t.links(&s)
	}
	f.span = s
	return f
}

func (t *tape) message(s *auditor.Span) {
	a, b := t.byte(), t.byte()
	m := &s.Message
	m.System = []string{"rocketmq", "kafka"}[a%2]
	m.Destination = []string{"t0", "t1", "t2", "%RETRY%g0"}[a/2%4]
	m.Group = []string{"", "g0", "g0_gray", "g1"}[a/8%4]
	m.ID = []string{"", "m1", "m2", "m1,m2", "m3", ",m1,,m1", "m2", ""}[a/32]
	m.Filter = []string{"", "f"}[b%2]
	m.Batch = int(b / 2 % 3)
	m.Redelivered, m.Skipped, m.DeadLetter, m.Broadcast = b&8 != 0, b&16 != 0, b&32 != 0, b&64 != 0
	if b&128 != 0 {
		c := t.byte()
		m.Property, m.Delay = t.reading(c), int64(c)*int64(time.Second)-int64(time.Minute)
	}
}

func (t *tape) links(s *auditor.Span) {
	for range t.pick(5) {
		b := t.byte()
		l := auditor.Link{TraceID: traceID(int(b%3) + 1), SpanID: spanID(uint64(b / 16))}
		if b&4 != 0 {
			c := t.byte()
			l.Tag, l.MessageID = t.reading(c), []string{"", "m1", "m2"}[c/6%3]
		}
		s.Links = append(s.Links, l)
	}
	s.DroppedLinks = uint32(t.pick(8) / 7)
}

// outcome is what a run tells.
type outcome struct {
	open   map[string]auditor.Finding
	told   int
	report auditor.Report
}

// play runs events through an engine; every span is added copies times.
func play(t require.TestingT, p auditor.Policy, o auditor.Options, list []event, copies int) outcome {
	w := watch(t)
	o.Sink = w.sink
	e, err := auditor.New(p, o)
	require.NoError(t, err)
	now := sceneStart
	for i := range list {
		if !list[i].isSpan {
			now += int64(list[i].advance)
			e.Tick(now)
			continue
		}
		for range copies {
			feed(e, now, &list[i].fact)
		}
	}
	e.Close()
	out := outcome{w.open(), w.told, e.Report()}
	consistent(t, &out.report)
	for i := range out.report.Findings {
		out.report.Findings[i].Revision = 1
	}
	return out
}

// FuzzEngine feeds arbitrary sequences of spans and times to both modes.
func FuzzEngine(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, list := events(data)
		for name, mode := range bothModes {
			base := play(t, p, auditor.Options{Mode: mode}, list, 1)
			require.Len(t, base.open, len(base.report.Findings), "%s: the report has what the sink has", name)
			for _, got := range base.report.Findings {
				require.Equal(t, base.open[got.ID], got, name)
			}
			require.Equal(t, base, play(t, p, auditor.Options{Mode: mode}, list, 1), "%s: the same input gives the same findings", name)
			require.Equal(t, base, play(t, p, auditor.Options{Mode: mode, Seed: 42}, list, 1), "%s: verdicts do not depend on the seed", name)
			require.Equal(t, base, play(t, p, auditor.Options{Mode: mode}, list, 2), "%s: duplicates change nothing", name)
		}
	})
}
