package propagation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
	otelpropagation "go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

const tagPattern = `[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?`

// Whatever else is in the baggage, the header keeps the limits, the tag is in
// it, first, and both our reader and OpenTelemetry's find it there.
func TestOurMemberSurvivesInjection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.StringMatching(tagPattern).Draw(t, "tag")
		bag := baggage.Baggage{}
		for range rapid.IntRange(0, 100).Draw(t, "members") {
			key := rapid.StringMatching(`[a-zA-Z0-9!*.~-]{1,20}`).Draw(t, "key")
			value := strings.Repeat(rapid.String().Draw(t, "value"), rapid.SampledFrom([]int{1, 1, 1, 50, 2000}).Draw(t, "times"))
			member, err := baggage.NewMemberRaw(key, value)
			require.NoError(t, err)
			bag, err = bag.SetMember(member)
			require.NoError(t, err)
		}
		ctx, err := envtag.ContextWith(baggage.ContextWithBaggage(context.Background(), bag), tag)
		require.NoError(t, err)

		carrier := otelpropagation.MapCarrier{}
		propagation.New().Inject(ctx, carrier)
		header := carrier["baggage"]
		require.LessOrEqual(t, len(header), 8192)
		require.LessOrEqual(t, strings.Count(header, ",")+1, 64)
		require.True(t, header == "gray.env="+tag || strings.HasPrefix(header, "gray.env="+tag+","), header)
		for _, reader := range []otelpropagation.TextMapPropagator{propagation.New(), otelpropagation.Baggage{}} {
			require.Equal(t, tag, envtag.FromContext(reader.Extract(context.Background(), carrier)))
		}
	})
}

// A tag that is anywhere in the headers is found, however long, many or broken
// they are; and what is read keeps the limits when it is sent on.
func TestOurMemberSurvivesExtraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.StringMatching(tagPattern).Draw(t, "tag")
		junk := func(name string) string {
			s := strings.Repeat(rapid.StringMatching(`([a-z%=;" \t]{0,12},?){0,8}`).Draw(t, name), rapid.SampledFrom([]int{1, 1, 40, 400}).Draw(t, "times"))
			return strings.ReplaceAll(s, "gray.env", "x")
		}
		headers := []string{junk("before")}
		if rapid.Bool().Draw(t, "same header") {
			headers[0] += ",gray.env=" + tag + "," + junk("after")
		} else {
			headers = append(headers, "gray.env="+tag, junk("after"))
		}
		ctx := extract(http.Header{"Baggage": headers})
		require.Equal(t, tag, envtag.FromContext(ctx))

		carrier := otelpropagation.MapCarrier{}
		propagation.New().Inject(ctx, carrier)
		require.LessOrEqual(t, len(carrier["baggage"]), 8192)
		require.LessOrEqual(t, strings.Count(carrier["baggage"], ",")+1, 64)
	})
}

// Any bytes at all: no panic, limits kept, and a tag that is read is valid.
func FuzzExtract(f *testing.F) {
	f.Add("gray.env=gray", "dye=gray")
	f.Add("a=1,,gray.env=%zz;=,gray.env=gray", "=,dye=gray")
	f.Add(strings.Repeat("k=v,", 3000), strings.Repeat("k=v,", 40))
	f.Fuzz(func(t *testing.T, bag, state string) {
		for _, h := range []http.Header{
			{"Baggage": {bag}, "Tracestate": {state}, "Traceparent": {traceparent}},
			{"Baggage": {bag, bag}, "Tracestate": {state, state}, "Traceparent": {traceparent}},
		} {
			ctx := extract(h)
			if tag := envtag.FromContext(ctx); tag != "" {
				require.NoError(t, envtag.Validate(tag))
			}
			require.LessOrEqual(t, baggage.FromContext(ctx).Len(), 64)
		}
	})
}

// Ours reads trace context as OpenTelemetry does wherever that reads any state
// from one header; where it gives up on the state, ours may know the witness.
func FuzzTraceContext(f *testing.F) {
	f.Add(traceparent, "dye=gray,ot=th:0")
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", "")
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-04", "a=1")
	f.Add("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-more", "=")
	f.Add("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ffmore", "")
	f.Add("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "")
	f.Add("fe-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "")
	f.Add("00-00000000000000000000000000000000-b7ad6b7169203331-01", "a=1")
	f.Add("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01-", "a=1,a=2")
	f.Fuzz(func(t *testing.T, parent, state string) {
		carrier := otelpropagation.MapCarrier{"traceparent": parent, "tracestate": state}
		want := trace.SpanContextFromContext(otelpropagation.TraceContext{}.Extract(context.Background(), carrier))
		ours := propagation.New()
		for range 2 { // parsed, then remembered
			got := trace.SpanContextFromContext(ours.Extract(context.Background(), carrier))
			if want.TraceState().Len() == 0 {
				require.Empty(t, got.TraceState().Delete(witness.Key).String())
				got = got.WithTraceState(trace.TraceState{})
			}
			require.Equal(t, want.TraceState().String(), got.TraceState().String())
			require.True(t, want.WithTraceState(trace.TraceState{}).Equal(got.WithTraceState(trace.TraceState{})), "%v %v", want, got)
		}
	})
}
