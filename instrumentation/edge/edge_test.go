package edge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	otelpropagation "go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// pass sends r through the middleware and returns what the service sees.
func pass(t require.TestingT, config edge.Config, r *http.Request) *http.Request {
	middleware, err := edge.New(config)
	require.NoError(t, err)
	var seen *http.Request
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r })).ServeHTTP(httptest.NewRecorder(), r)
	require.NotNil(t, seen)
	return seen
}

// read returns what a tracing middleware behind the edge takes from r.
func read(p otelpropagation.TextMapPropagator, r *http.Request) (tag, dye string) {
	ctx := p.Extract(r.Context(), otelpropagation.HeaderCarrier(r.Header))
	return envtag.FromContext(ctx), witness.Of(trace.SpanContextFromContext(ctx).TraceState())
}

// readers are ours and OpenTelemetry's own: a service may use either.
func readers() []otelpropagation.TextMapPropagator {
	return []otelpropagation.TextMapPropagator{
		propagation.New(),
		otelpropagation.NewCompositeTextMapPropagator(otelpropagation.TraceContext{}, otelpropagation.Baggage{}),
	}
}

func request(headers map[string]string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	r.Header.Set("Traceparent", traceparent)
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	return r
}

func TestDecisions(t *testing.T) {
	claim := map[string]string{"Baggage": "user=7,gray.env=gray,env=gray", "Tracestate": "dye=gray,a=1", "X-Mse-Tag": "gray", "X-Beta": "on"}
	everybody := func(*http.Request) bool { return true }
	beta := edge.Rule{Tag: "beta", When: edge.HeaderIs("X-Beta", "on")}
	for _, c := range []struct {
		name     string
		config   edge.Config
		headers  map[string]string
		tag, dye string
		baggage  string
	}{
		{"nothing claimed", edge.Config{}, nil, "", "", ""},
		{"untrusted", edge.Config{}, claim, "", "", "user=7,env=gray"},
		{"untrusted, aliases", edge.Config{AliasMembers: []string{"env"}}, claim, "", "", "user=7"},
		{"trusted", edge.Config{Trusted: everybody}, claim, "gray", "gray", "user=7,gray.env=gray,env=gray"},
		{"trusted before rules", edge.Config{Trusted: everybody, Rules: []edge.Rule{beta}}, claim, "gray", "gray", "user=7,gray.env=gray,env=gray"},
		{"trusted without a tag: rules", edge.Config{Trusted: everybody, Rules: []edge.Rule{beta}}, map[string]string{"X-Beta": "on", "Baggage": "user=7"}, "beta", "", "gray.env=beta,user=7"},
		{"rule in place of a claim", edge.Config{Rules: []edge.Rule{beta}}, claim, "beta", "", "gray.env=beta,env=gray,user=7"},
		{"first match wins", edge.Config{Rules: []edge.Rule{{Tag: "", When: edge.HeaderIs("X-Beta", "on")}, beta}}, claim, "", "", "user=7,env=gray"},
		{"no rule matches", edge.Config{Rules: []edge.Rule{{Tag: "beta", When: edge.CookieIs("beta", "on")}}}, claim, "", "", "user=7,env=gray"},
		{"cookie", edge.Config{Rules: []edge.Rule{{Tag: "beta", When: edge.CookieIs("b", "1")}}}, map[string]string{"Cookie": "a=2; b=1"}, "beta", "", "gray.env=beta"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(c.headers)
			before := r.Header.Clone()
			got := pass(t, c.config, r)
			require.Equal(t, before, r.Header, "the caller's request is not changed")
			for _, reader := range readers() {
				tag, dye := read(reader, got)
				require.Equal(t, c.tag, tag)
				require.Equal(t, c.dye, dye)
			}
			require.Equal(t, c.baggage, got.Header.Get("Baggage"))
			if c.headers["Tracestate"] != "" {
				require.Contains(t, got.Header.Get("Tracestate"), "a=1", "foreign members stay")
			}
		})
	}
	stripped := pass(t, edge.Config{AliasHeaders: []string{"x-mse-tag"}}, request(claim))
	require.Empty(t, stripped.Header.Get("X-Mse-Tag"))
}

// Whatever an untrusted caller sends, no reader behind the edge finds a tag or
// a witness in it.
func TestNoForgedTagPasses(t *testing.T) {
	part := rapid.SampledFrom([]string{
		"gray.env", "Gray.Env", "dye", "=", "==", ",", ";", " ", "\t", "\u00a0", "\u0085", "gray", "blue", "a", "p=1", "%67ray", "\"", "gray.env=gray", "dye=gray", ",,", "\x00", "ot=th:0",
	})
	line := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "") + strings.Repeat(",k=v", rapid.SampledFrom([]int{0, 0, 0, 70, 3000}).Draw(t, "filler"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := request(nil)
		r.Header["Baggage"] = rapid.SliceOfN(line, 0, 3).Draw(t, "baggage")
		r.Header["Tracestate"] = rapid.SliceOfN(line, 0, 3).Draw(t, "tracestate")
		got := pass(t, edge.Config{}, r)
		for _, reader := range readers() {
			tag, dye := read(reader, got)
			require.Empty(t, tag)
			require.Empty(t, dye)
		}
	})
}

// A rule's tag arrives at both readers however full the baggage is.
func TestAssignedTagAlwaysFits(t *testing.T) {
	var members []string
	for i := range 64 {
		members = append(members, fmt.Sprintf("k%d=%s", i, strings.Repeat("v", 110)))
	}
	got := pass(t, edge.Config{Rules: []edge.Rule{{Tag: "gray", When: edge.HeaderIs("X", "")}}}, request(map[string]string{"Baggage": strings.Join(members, ",")}))
	for _, reader := range readers() {
		tag, _ := read(reader, got)
		require.Equal(t, "gray", tag)
	}
}

func TestMiddlewareInTheWrongOrderStillStrips(t *testing.T) {
	r := request(map[string]string{"Baggage": "gray.env=gray", "Tracestate": "dye=gray"})
	r = r.WithContext(propagation.New().Extract(context.Background(), otelpropagation.HeaderCarrier(r.Header)))
	got := pass(t, edge.Config{}, r)
	require.Empty(t, envtag.FromContext(got.Context()))
	require.Empty(t, witness.Of(trace.SpanContextFromContext(got.Context()).TraceState()))
}

func TestMark(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	// tracing stands for the tracing middleware between edge and Mark.
	tracing := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, span := tracer.Start(r.Context(), "GET", trace.WithSpanKind(trace.SpanKindServer))
			defer span.End()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	middleware, err := edge.New(edge.Config{
		Trusted: edge.WithToken("X-Token", "s3cret"),
		Rules:   []edge.Rule{{Tag: "gray", When: edge.HeaderIs("X-Beta", "on")}},
	})
	require.NoError(t, err)
	handler := middleware(tracing(edge.Mark(http.NotFoundHandler())))
	for _, h := range []map[string]string{
		{"X-Beta": "on"},
		{"X-Token": "s3cret", "Baggage": "gray.env=gray"},
		{"Baggage": "gray.env=gray"},
	} {
		handler.ServeHTTP(httptest.NewRecorder(), request(h))
	}
	var got []string
	for _, s := range spans.Ended() {
		mark := "none"
		for _, a := range s.Attributes() {
			require.Equal(t, envtag.SourceKey, string(a.Key))
			mark = a.Value.AsString()
		}
		got = append(got, mark)
	}
	require.Equal(t, []string{"edge_rule", "trusted_caller", "none"}, got)
}

func TestConfigErrors(t *testing.T) {
	yes := func(*http.Request) bool { return true }
	for _, c := range []struct {
		config edge.Config
		want   string
	}{
		{edge.Config{Rules: []edge.Rule{{Tag: "ok", When: yes}, {Tag: "no way", When: yes}}}, "rule 2: invalid env tag"},
		{edge.Config{Rules: []edge.Rule{{Tag: "ok"}}}, "rule 1 has no condition"},
		{edge.Config{AliasMembers: []string{""}}, "alias member is empty"},
	} {
		_, err := edge.New(c.config)
		require.ErrorContains(t, err, c.want)
	}
}
