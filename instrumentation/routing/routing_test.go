package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

type instance struct{ name, home string }

func homeOf(i instance) string { return i.home }

func TestChoose(t *testing.T) {
	all := []instance{{"b1", ""}, {"b2", "base"}, {"b3", "baseline"}, {"g1", "gray"}, {"g2", "gray"}, {"x1", "blue"}}
	grayOnly := []instance{{"g1", "gray"}}
	for _, c := range []struct {
		name      string
		instances []instance
		tag       string
		policy    routing.Policy
		want      []instance
		decision  routing.Decision
	}{
		{"baseline", all, "", routing.Allow, all[:3], routing.Own},
		{"baseline by name", all, "base", routing.Forbid, all[:3], routing.Own},
		{"gray", all, "gray", routing.Forbid, all[3:5], routing.Own},
		{"no twin", all, "green", routing.Allow, all[:3], routing.Fallback},
		{"no twin, forbidden", all, "green", routing.Forbid, nil, routing.Refused},
		{"baseline never goes to gray", grayOnly, "", routing.Allow, nil, routing.Refused},
		{"nobody at all", grayOnly, "blue", routing.Allow, nil, routing.Refused},
		{"no instances", nil, "", routing.Allow, nil, routing.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, decision := routing.NewTable(c.instances, homeOf).Choose(c.tag, c.policy)
			require.Equal(t, c.decision, decision)
			require.Equal(t, c.want, got)
		})
	}
}

func TestNextIsRoundRobin(t *testing.T) {
	table := routing.NewTable([]instance{{"g1", "gray"}, {"b1", "base"}, {"g2", "gray"}}, homeOf)
	counts := map[string]int{}
	for range 10 {
		got, decision, err := table.Next("gray", routing.Forbid)
		require.NoError(t, err)
		require.Equal(t, routing.Own, decision)
		counts[got.name]++
	}
	require.Equal(t, map[string]int{"g1": 5, "g2": 5}, counts)
}

func TestRefusedErrorSaysWhatToDo(t *testing.T) {
	table := routing.NewTable([]instance{{"g1", "gray"}}, homeOf)
	for _, c := range []struct {
		tag    string
		policy routing.Policy
		want   string
	}{
		{"", routing.Allow, "start a baseline instance"},
		{"blue", routing.Forbid, "start one with gray.home=blue or set fallback to allow"},
		{"blue", routing.Allow, "start one of them"},
	} {
		_, decision, err := table.Next(c.tag, c.policy)
		require.Equal(t, routing.Refused, decision)
		var refused *routing.RefusedError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, c.want)
		refused.Service = "svc-b"
		require.ErrorContains(t, err, "svc-b")
	}
}

// Whatever the instances: nobody but the call's own home or, where that is
// allowed, the baseline takes a call.
func TestChoiceNeverLeaves(t *testing.T) {
	homes := rapid.SampledFrom([]string{"", "base", "gray", "blue", "green"})
	rapid.Check(t, func(t *rapid.T) {
		instances := rapid.SliceOf(rapid.Custom(func(t *rapid.T) instance { return instance{home: homes.Draw(t, "home")} })).Draw(t, "instances")
		tag := homes.Draw(t, "tag")
		policy := rapid.SampledFrom([]routing.Policy{routing.Allow, routing.Forbid}).Draw(t, "policy")
		got, decision := routing.NewTable(instances, homeOf).Choose(tag, policy)
		twin := false
		for _, i := range instances {
			twin = twin || envtag.Same(i.home, tag)
		}
		for _, i := range got {
			require.Equal(t, twin, envtag.Same(i.home, tag))
			require.True(t, twin || policy == routing.Allow && envtag.IsBaseline(i.home) && !envtag.IsBaseline(tag))
		}
		require.Equal(t, len(got) == 0, decision == routing.Refused)
		require.Equal(t, twin, decision == routing.Own)
	})
}

func TestPolicyNames(t *testing.T) {
	for _, p := range []routing.Policy{routing.Allow, routing.Forbid} {
		got, err := routing.ParsePolicy(p.String())
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	got, err := routing.ParsePolicy("")
	require.NoError(t, err)
	require.Equal(t, routing.Allow, got)
	_, err = routing.ParsePolicy("maybe")
	require.ErrorContains(t, err, "use allow or forbid")
}

func TestDecisionGoesToClientSpansOnly(t *testing.T) {
	recorder := routing.NewRecorder()
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	for _, kind := range []trace.SpanKind{trace.SpanKindServer, trace.SpanKindClient, trace.SpanKindInternal} {
		ctx, span := tracer.Start(t.Context(), "x", trace.WithSpanKind(kind))
		recorder.Record(ctx, routing.Fallback, "gray")
		recorder.Record(ctx, routing.Own, "base") // the bulk: not worth an attribute
		span.End()
	}
	recorder.Record(t.Context(), routing.Own, "gray") // no span at all
	require.Len(t, spans.Ended(), 3)
	for _, s := range spans.Ended() {
		if s.SpanKind() == trace.SpanKindClient {
			require.Equal(t, []attribute.KeyValue{attribute.String("gray.decision", "fallback")}, s.Attributes())
		} else {
			require.Empty(t, s.Attributes())
		}
	}
}
