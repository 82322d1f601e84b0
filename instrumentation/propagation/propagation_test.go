package propagation_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
	otelpropagation "go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// extract reads headers that may repeat.
func extract(h http.Header) context.Context {
	return propagation.New().Extract(context.Background(), otelpropagation.HeaderCarrier(h))
}

func TestExtractTag(t *testing.T) {
	filler := strings.TrimSuffix(strings.Repeat("k=v,", 3000), ",")
	var distinct []string
	for i := range 100 {
		distinct = append(distinct, fmt.Sprintf("k%d=v", i))
	}
	many := strings.Join(distinct, ",")
	for _, c := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"none", nil, ""},
		{"alone", []string{"gray.env=gray"}, "gray"},
		{"among others", []string{"a=1,gray.env=gray,b=2"}, "gray"},
		{"spaces and properties", []string{"a=1 , gray.env = gray ;p=1; q"}, "gray"},
		{"percent-encoded", []string{"gray.env=gr%61y"}, "gray"},
		{"second header", []string{"a=1", "gray.env=gray"}, "gray"},
		{"repeated, the last wins", []string{"gray.env=gray,gray.env=blue"}, "blue"},
		{"repeated over headers", []string{"gray.env=gray", "gray.env=blue"}, "blue"},
		{"the last valid one wins", []string{"gray.env=gray,gray.env=a b"}, "gray"},
		{"empty", []string{"gray.env="}, ""},
		{"invalid", []string{"gray.env=drop%27table"}, ""},
		{"keys have case", []string{"Gray.Env=gray"}, ""},
		{"bad property", []string{"gray.env=gray;=bad, a=1"}, "gray"},
		{"bad neighbours", []string{"=,;;,,a,gray.env=gray,\x7f=1"}, "gray"},
		{"oversized, last", []string{filler + ",gray.env=gray"}, "gray"},
		{"oversized, first", []string{"gray.env=gray," + filler}, "gray"},
		{"oversized, second header", []string{filler, "gray.env=gray"}, "gray"},
		{"the 101st member", []string{many + ",gray.env=gray"}, "gray"},
		{"the 101st member, other header", []string{many, "gray.env=gray"}, "gray"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := extract(http.Header{"Baggage": c.headers})
			require.Equal(t, c.want, envtag.FromContext(ctx))
			require.LessOrEqual(t, baggage.FromContext(ctx).Len(), 64)
			if c.want == "" {
				require.NotContains(t, baggage.FromContext(ctx).String(), "drop", "an invalid tag is not handed on")
			}
		})
	}
}

func TestExtractKeepsTheOthers(t *testing.T) {
	bag := baggage.FromContext(extract(http.Header{"Baggage": {"a=1;p=2,gray.env=gray", "b=%20x"}}))
	require.Equal(t, 3, bag.Len())
	require.Equal(t, "a=1;p=2", bag.Member("a").String())
	require.Equal(t, " x", bag.Member("b").Value())

	ctx := propagation.New().Extract(bagWith(t, "old=1"), otelpropagation.MapCarrier{})
	require.Equal(t, 1, baggage.FromContext(ctx).Len(), "an empty carrier takes nothing away")
}

func TestExtractTraceState(t *testing.T) {
	tooMany := strings.TrimSuffix(strings.Repeat("k=v,", 40), ",")
	for _, c := range []struct {
		name   string
		states []string
		want   string
	}{
		{"none", nil, ""},
		{"one header", []string{"dye=gray,a=1"}, "dye=gray,a=1"},
		{"two headers", []string{"a=1", "dye=gray"}, "a=1,dye=gray"},
		{"malformed with a witness", []string{"a=1,,=,dye=gray"}, "dye=gray"},
		{"too many with a witness", []string{tooMany, "dye=gray"}, "dye=gray"},
		{"malformed", []string{"=1"}, ""},
		{"malformed with a bad witness", []string{"=,dye=a b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := trace.SpanContextFromContext(extract(http.Header{"Traceparent": {traceparent}, "Tracestate": c.states}))
			require.True(t, sc.IsValid())
			require.True(t, sc.IsRemote())
			require.Equal(t, c.want, sc.TraceState().String())
		})
	}
	require.False(t, trace.SpanContextFromContext(extract(http.Header{"Tracestate": {"=,dye=gray"}})).IsValid(), "no traceparent, no trace")
}

func TestInjectWitness(t *testing.T) {
	for _, c := range []struct{ state, tag, want string }{
		{"", "", ""},
		{"", "gray", "dye=gray"},
		{"dye=gray", "gray", "dye=gray"},
		{"dye=gray,a=1", "", "dye=gray,a=1"}, // the tag was lost: the witness tells
		{"dye=gray", "base", "dye=gray"},
		{"a=1,dye=gray", "blue", "dye=blue,a=1"},
	} {
		ts, err := trace.ParseTraceState(c.state)
		require.NoError(t, err)
		sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceState: ts})
		ctx, err := envtag.ContextWith(trace.ContextWithSpanContext(t.Context(), sc), c.tag)
		require.NoError(t, err)
		carrier := otelpropagation.MapCarrier{}
		propagation.New().Inject(ctx, carrier)
		require.Equal(t, c.want, carrier["tracestate"], "%+v", c)
		require.Equal(t, witness.Of(trace.SpanContextFromContext(extract(http.Header{
			"Traceparent": {carrier["traceparent"]}, "Tracestate": {carrier["tracestate"]},
		})).TraceState()), witness.Of(must(trace.ParseTraceState(c.want))))
	}
}

func TestInjectIsDeterministic(t *testing.T) {
	var members []string
	for i := range 80 {
		members = append(members, fmt.Sprintf("k%02d=v", i))
	}
	ctx := bagWith(t, strings.Join(members[:60], ","))
	for _, m := range members[60:] { // Parse stops at 64; the API does not
		key, value, _ := strings.Cut(m, "=")
		bag, err := baggage.FromContext(ctx).SetMember(must(baggage.NewMemberRaw(key, value)))
		require.NoError(t, err)
		ctx = baggage.ContextWithBaggage(ctx, bag)
	}
	ctx, err := envtag.ContextWith(ctx, "zzz")
	require.NoError(t, err)
	want := "gray.env=zzz," + strings.Join(members[:63], ",")
	for range 20 {
		carrier := otelpropagation.MapCarrier{}
		propagation.New().Inject(ctx, carrier)
		require.Equal(t, want, carrier["baggage"])
	}
}

func TestFieldsNameAllThatIsSet(t *testing.T) {
	require.ElementsMatch(t, []string{"traceparent", "tracestate", "baggage"}, propagation.New().Fields())
}

func bagWith(t *testing.T, header string) context.Context {
	t.Helper()
	bag, err := baggage.Parse(header)
	require.NoError(t, err)
	return baggage.ContextWithBaggage(t.Context(), bag)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
