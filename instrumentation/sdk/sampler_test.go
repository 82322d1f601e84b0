package sdk_test

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

const sampled, dropped = sdktrace.RecordAndSample, sdktrace.Drop

// Trace ids whose last 56 bits are the greatest and the smallest randomness.
var (
	highest = trace.TraceID{1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255}
	lowest  = trace.TraceID{1}
)

// parentOf returns a context with a tag and, where flags is not negative, a
// parent with this trace state.
func parentOf(t *testing.T, tag string, flags int, state string) context.Context {
	t.Helper()
	ctx, err := envtag.ContextWith(context.Background(), tag)
	require.NoError(t, err)
	if flags < 0 {
		return ctx
	}
	ts, err := trace.ParseTraceState(state)
	require.NoError(t, err)
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: lowest, SpanID: trace.SpanID{1}, TraceFlags: trace.TraceFlags(flags), TraceState: ts,
	}))
}

func TestSampler(t *testing.T) {
	for _, c := range []struct {
		name     string
		tag      string
		flags    int // of the parent; -1: a root
		state    string
		id       trace.TraceID
		decision sdktrace.SamplingDecision
		want     string
	}{
		{"tagged root", "gray", -1, "", lowest, sampled, "dye=gray,ot=th:0"},
		{"tagged, parent sampled", "gray", 1, "dye=gray,ot=th:0", lowest, sampled, "dye=gray,ot=th:0"},
		{"tagged, parent not sampled", "gray", 0, "a=1", lowest, sampled, "dye=gray,ot=th:0,a=1"},
		{"tagged below a sampled baseline parent", "gray", 1, "ot=th:e6", lowest, sampled, "dye=gray,ot=th:0"},
		{"tagged, explicit randomness stays", "gray", 1, "ot=rv:0123456789abcd;th:8", lowest, sampled, "dye=gray,ot=th:0;rv:0123456789abcd"},
		{"tag changed", "blue", 1, "dye=gray,ot=th:0", lowest, sampled, "dye=blue,ot=th:0"},
		{"baseline root kept", "", -1, "", highest, sampled, "ot=th:8"},
		{"baseline root dropped", "", -1, "", lowest, dropped, ""},
		{"baseline by name", "base", -1, "", highest, sampled, "ot=th:8"},
		{"baseline, parent sampled", "", 1, "ot=th:e6,a=1", lowest, sampled, "ot=th:e6,a=1"},
		{"baseline, parent sampled without threshold", "", 1, "", lowest, sampled, ""},
		{"baseline, parent not sampled", "", 0, "a=1", highest, dropped, "a=1"},
		{"the tag was lost: the witness stays", "", 1, "dye=gray,ot=th:0", lowest, sampled, "dye=gray,ot=th:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sdk.NewSampler(0.5).ShouldSample(sdktrace.SamplingParameters{ParentContext: parentOf(t, c.tag, c.flags, c.state), TraceID: c.id})
			require.Equal(t, c.decision, got.Decision)
			require.Equal(t, c.want, got.Tracestate.String())
			require.Empty(t, got.Attributes)
		})
	}
}

func TestSamplerRatios(t *testing.T) {
	for _, c := range []struct {
		ratio float64
		th    string // empty: nothing is kept
	}{
		{1, "0"},
		{2, "0"},
		{0.5, "8"},
		{0.25, "c"},
		{0.1, "e6666"},
		{0.01, "fd70a4"},
		{0.001, "ffbe76d"},
		{1.0 / 3, "aaaab"},
		{0, ""},
		{-1, ""},
		{math.NaN(), ""},
		{1e-30, ""},
	} {
		got := sdk.NewSampler(c.ratio).ShouldSample(sdktrace.SamplingParameters{ParentContext: context.Background(), TraceID: highest})
		if c.th == "" {
			require.Equal(t, dropped, got.Decision, "%v", c.ratio)
			continue
		}
		require.Equal(t, sampled, got.Decision, "%v", c.ratio)
		require.Equal(t, "ot=th:"+c.th, got.Tracestate.String(), "%v", c.ratio)
		require.InEpsilon(t, min(c.ratio, 1), 1/adjustedCount(t, got.Tracestate), 1e-4)
	}
}

// The spans that are kept, weighted by their adjusted counts, estimate all that
// there were; tagged ones are all kept and count once.
func TestAdjustedCountsAreUnbiased(t *testing.T) {
	const n, ratio = 200_000, 0.05
	sampler := sdk.NewSampler(ratio)
	random := rand.New(rand.NewPCG(1, 2)) // deterministic ids
	gray := parentOf(t, "gray", -1, "")
	var kept, base, grayCount float64
	for i := range n {
		var id trace.TraceID
		binary.BigEndian.PutUint64(id[:8], random.Uint64())
		binary.BigEndian.PutUint64(id[8:], random.Uint64())
		ctx := context.Background()
		if i%10 == 0 {
			ctx = gray
		}
		got := sampler.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: id})
		switch {
		case i%10 == 0:
			require.Equal(t, sampled, got.Decision)
			grayCount += adjustedCount(t, got.Tracestate)
		case got.Decision == sampled:
			kept++
			base += adjustedCount(t, got.Tracestate)
		}
	}
	require.EqualValues(t, n/10, grayCount)
	// 180,000 roots at 5 %: standard deviation 92 of 9,000 kept.
	require.InDelta(t, 9000, kept, 5*92)
	require.InDelta(t, 180_000, base, 5*92/ratio)
}

// adjustedCount is 2^56/(2^56-T), from the specification.
func adjustedCount(t *testing.T, ts trace.TraceState) float64 {
	t.Helper()
	th, ok := strings.CutPrefix(ts.Get("ot"), "th:")
	require.True(t, ok, ts.String())
	threshold, err := strconv.ParseUint((th + strings.Repeat("0", 14))[:14], 16, 64)
	require.NoError(t, err)
	return math.Exp2(56) / (math.Exp2(56) - float64(threshold))
}

// Where nothing is to be said anew nothing is allocated.
func TestSamplerAllocatesNothingBelowATaggedParent(t *testing.T) {
	sampler := sdk.NewSampler(0.01)
	for _, p := range []sdktrace.SamplingParameters{
		{ParentContext: parentOf(t, "gray", 1, "dye=gray,ot=th:0"), TraceID: lowest},
		{ParentContext: parentOf(t, "", 1, "ot=th:fd70a4"), TraceID: lowest},
	} {
		require.Zero(t, testing.AllocsPerRun(100, func() { sampler.ShouldSample(p) }))
	}
}

func TestSamplerDescription(t *testing.T) {
	require.Equal(t, "dyetrace{tagged:always,baseline:parent_or_ratio(0.5)}", sdk.NewSampler(0.5).Description())
}
