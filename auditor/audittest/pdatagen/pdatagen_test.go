package pdatagen_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
	"github.com/dyetrace/dyetrace/auditor/audittest/pdatagen"
	"github.com/dyetrace/dyetrace/auditor/otlp"
)

func TestTracesWritesBothConventions(t *testing.T) {
	const text = `case "c"
  reporting: *
  trace t th=c
    a/base SERVER "GET /a" env=gray header=gray witness=gray failed #in
      a/base PRODUCER mq=T msgid=m1 filter=f property=gray delay=1m
      a/- CONSUMER mq=T group=g batch=2 links=#in(env=gray,msgid=m1),missing dropped_links=3 redelivered broadcast
`
	s, err := audittest.Parse("x", []byte(text))
	require.NoError(t, err)
	feed := s.Cases[0].Timed()

	now := attributes(pdatagen.Traces(feed, pdatagen.Options{}))
	require.Equal(t, "GET", now[0]["http.request.method"])
	require.Equal(t, "/a", now[0]["http.route"])
	require.Equal(t, "gray", now[0]["gray.env"])
	require.Equal(t, "send", now[1]["messaging.operation.type"])
	require.Equal(t, "g", now[2]["messaging.consumer.group.name"])

	old := attributes(pdatagen.Traces(feed, pdatagen.Options{Convention: pdatagen.Old, Keys: auditor.Keys{Env: []string{"env"}, Home: []string{"h"}}}))
	require.Equal(t, "GET", old[0]["http.method"])
	require.Equal(t, "gray", old[0]["env"])
	require.Equal(t, "publish", old[1]["messaging.operation"])
	require.Equal(t, "ConsumeMessageThread_g_1", old[2]["thread.name"])

	td := pdatagen.Traces(feed, pdatagen.Options{})
	require.Equal(t, 2, td.ResourceSpans().Len())
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	require.Equal(t, "ot=th:c,dye=gray", spans.At(0).TraceState().AsRaw())
	require.Equal(t, ptrace.StatusCodeError, spans.At(0).Status().Code())
	require.Equal(t, uint32(0x101), spans.At(1).Flags())
	last := td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(0)
	require.Equal(t, uint32(3), last.DroppedLinksCount())
	require.Equal(t, map[string]any{"gray.env": "gray", "messaging.message.id": "m1"}, last.Links().At(0).Attributes().AsRaw())
	_, hasHome := td.ResourceSpans().At(1).Resource().Attributes().Get("gray.home")
	require.False(t, hasHome)
}

// attributes lists the attributes of every span in order.
func attributes(td ptrace.Traces) []map[string]any {
	var out []map[string]any
	for _, rs := range td.ResourceSpans().All() {
		for _, span := range rs.ScopeSpans().At(0).Spans().All() {
			out = append(out, span.Attributes().AsRaw())
		}
	}
	return out
}

// What the cases say must come back out of OTLP, in both conventions: else an
// adapter would be tested with other facts than the engine.
func TestFactsSurviveOTLP(t *testing.T) {
	scripts, err := audittest.Load(audittest.Builtin())
	require.NoError(t, err)
	for _, s := range scripts {
		for i := range s.Cases {
			for _, convention := range []pdatagen.Convention{pdatagen.Current, pdatagen.Old} {
				requireSurvives(t, &s.Cases[i], convention)
			}
		}
	}
}

func requireSurvives(t *testing.T, c *audittest.Case, convention pdatagen.Convention) {
	t.Helper()
	keys := auditor.Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}}
	var got recorder
	feed := c.Timed()
	otlp.Feed(&got, otlp.NewDecoder(keys, otlp.Options{}), 0, pdatagen.Traces(feed, pdatagen.Options{Convention: convention}))
	require.Len(t, got.spans, len(feed))
	for i, a := range feed {
		require.Equal(t, a.Resource, got.resources[i], "%s: %s", c.Name, a.Span.Name)
		want := a.Span
		if want.Kind == auditor.KindClient && !want.ParentID.IsZero() && !want.Op.Messaging() {
			want.Op = auditor.OpOther // nobody asks
		}
		if want.Kind == auditor.KindClient { // where a case names no operation its name stands for it
			want.Route, got.spans[i].Route = "", ""
		}
		if want.Op == auditor.OpReceive || want.Op == auditor.OpSettle || want.Kind == auditor.KindClient {
			want.Message.Group, got.spans[i].Message.Group = "", "" // a thread tells the group of consumers only
		}
		if want.Op == auditor.OpProcess || want.Op == auditor.OpReceive || want.Op == auditor.OpSettle {
			want.Message.Filter = "" // only read of those who send
		}
		if want.Op != auditor.OpSend && want.Op != auditor.OpCreate {
			want.Failed = false // nobody asks
		}
		require.Equal(t, want, got.spans[i], "%s: %s", c.Name, a.Span.Name)
	}
}

// recorder keeps copies of what it is fed.
type recorder struct {
	known     []auditor.Resource
	resources []auditor.Resource
	spans     []auditor.Span
}

func (r *recorder) Resource(res auditor.Resource) auditor.ResourceID {
	res.Service, res.Home.Value = strings.Clone(res.Service), strings.Clone(res.Home.Value)
	r.known = append(r.known, res)
	return auditor.ResourceID(len(r.known) - 1)
}

func (r *recorder) Add(_ int64, s *auditor.Span) {
	r.resources = append(r.resources, r.known[s.Resource])
	span := *s
	span.Resource = 0
	span.Links = append([]auditor.Link(nil), s.Links...)
	ownStrings(reflect.ValueOf(&span).Elem())
	r.spans = append(r.spans, span)
}

// ownStrings copies every string below v: those of a decoder are borrowed.
func ownStrings(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Clone(v.String()))
	case reflect.Struct:
		for _, field := range v.Fields() {
			ownStrings(field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			ownStrings(v.Index(i))
		}
	}
}

// The engine behind the OTLP adapter must say what it says of the facts.
func TestEngineBehindOTLP(t *testing.T) {
	for name, convention := range map[string]pdatagen.Convention{"current": pdatagen.Current, "old": pdatagen.Old} {
		t.Run(name, func(t *testing.T) {
			audittest.RunBuiltin(t, func(p auditor.Policy, feed []audittest.Arrival) (auditor.Report, error) {
				return runOTLP(p, feed, convention)
			})
		})
	}
}

func runOTLP(p auditor.Policy, feed []audittest.Arrival, convention pdatagen.Convention) (auditor.Report, error) {
	e, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	if err != nil {
		return auditor.Report{}, err
	}
	d := otlp.NewDecoder(p.Keys, otlp.Options{Properties: p.CapturedProperties})
	otlp.Feed(e, d, 0, pdatagen.Traces(feed, pdatagen.Options{Convention: convention, Keys: p.Keys}))
	e.Close()
	return e.Report(), nil
}
