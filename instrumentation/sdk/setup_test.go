package sdk_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m.Run)) }

// restoreGlobals puts OpenTelemetry's globals back after a test of Setup.
func restoreGlobals(t *testing.T) {
	t.Helper()
	provider, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() {
		otel.SetTracerProvider(provider)
		otel.SetTextMapPropagator(propagator)
	})
}

func TestSetup(t *testing.T) {
	restoreGlobals(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.version=7,gray.home=other")
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := sdk.Setup(t.Context(),
		sdk.WithService("svc-a"), sdk.WithHome("gray"), sdk.WithAttributes(attribute.String("team", "x")),
		sdk.WithExporter(exporter), sdk.WithExporter(nil), sdk.WithSpanProcessor(nil), nil)
	require.NoError(t, err)
	require.IsType(t, &propagation.Propagator{}, otel.GetTextMapPropagator())

	ctx := baggage.ContextWithBaggage(t.Context(), mustParse(t, "user=7,gray.env=gray"))
	_, span := otel.Tracer("test").Start(ctx, "work")
	span.End()
	require.NoError(t, otel.GetTracerProvider().(*sdktrace.TracerProvider).ForceFlush(t.Context()))
	spans := exporter.GetSpans()
	require.NoError(t, shutdown(t.Context()))

	require.Len(t, spans, 1)
	require.Equal(t, []attribute.KeyValue{attribute.String("gray.env", "gray")}, spans[0].Attributes, "the tag, and nothing else of the baggage")
	require.Equal(t, "dye=gray,ot=th:0", spans[0].SpanContext.TraceState().String())
	set := spans[0].Resource.Set()
	for key, want := range map[attribute.Key]attribute.Value{
		"service.name": attribute.StringValue("svc-a"), "service.version": attribute.StringValue("7"), "team": attribute.StringValue("x"),
		"gray.home": attribute.StringValue("gray"), "gray.reporting": attribute.BoolValue(true),
	} {
		got, ok := set.Value(key)
		require.True(t, ok, key)
		require.Equal(t, want, got, key)
	}
}

func TestSetupErrorsInstallNothing(t *testing.T) {
	restoreGlobals(t)
	before := noop.NewTracerProvider()
	otel.SetTracerProvider(before)
	for _, c := range []struct {
		option sdk.Option
		want   string
	}{
		{sdk.WithHome("no way"), "home from the options: invalid env tag"},
		{sdk.WithBaselineRatio(1.5), "use 0 to 1"},
		{sdk.WithBaselineRatio(-1), "use 0 to 1"},
	} {
		shutdown, err := sdk.Setup(t.Context(), sdk.WithExporter(tracetest.NewInMemoryExporter()), c.option)
		require.ErrorContains(t, err, c.want)
		require.NotNil(t, shutdown)
		require.NoError(t, shutdown(t.Context()))
		require.Equal(t, before, otel.GetTracerProvider())
	}
}

func TestProcessorCopiesOnlyTheTag(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(sdk.NewSpanProcessor()), sdktrace.WithSpanProcessor(spans))
	for _, bag := range []string{"user=7,gray.env=gray", "user=7", "gray.env=drop%27table", "gray.env=base"} {
		ctx := baggage.ContextWithBaggage(t.Context(), mustParse(t, bag))
		ctx, parent := provider.Tracer("test").Start(ctx, "parent")
		_, child := provider.Tracer("test").Start(envtag.Without(ctx), "child")
		child.End()
		parent.End()
	}
	require.NoError(t, provider.Shutdown(t.Context()))
	var got []string
	for _, s := range spans.Ended() {
		require.LessOrEqual(t, len(s.Attributes()), 1)
		value := "-"
		for _, a := range s.Attributes() {
			value = string(a.Key) + "=" + a.Value.AsString()
		}
		got = append(got, value)
	}
	require.Equal(t, []string{"-", "gray.env=gray", "-", "-", "-", "-", "-", "gray.env=base"}, got)
}

func TestDetector(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	labels := write("labels", "app=\"svc\"\ngray.home=\"blue\"\nx=\"a\\\"b\"\n")
	for _, c := range []struct {
		name, argument, variable, file string
		home, err                      string
	}{
		{name: "nothing"},
		{name: "argument first", argument: "gray", variable: "green", file: labels, home: "gray"},
		{name: "variable", variable: "green", file: labels, home: "green"},
		{name: "labels", file: labels, home: "blue"},
		{name: "no such label", file: write("empty", "app=\"svc\"\n")},
		{name: "empty label", file: write("blank", "gray.home=\"\"\n")},
		{name: "not quoted", file: write("bad", "gray.home=blue\n"), err: "not a quoted string"},
		{name: "invalid", variable: "a b", err: "home from GRAY_HOME: invalid env tag"},
		{name: "no such file", file: filepath.Join(dir, "none"), err: "mount the labels there or set GRAY_HOME"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(sdk.HomeVariable, c.variable)
			t.Setenv(sdk.LabelsVariable, c.file)
			res, err := sdk.NewDetector(c.argument).Detect(context.Background())
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.home, valueOf(res, envtag.HomeKey))
			reporting, _ := res.Set().Value(envtag.ReportingKey)
			require.True(t, reporting.AsBool())
		})
	}
}

func valueOf(res *sdkresource.Resource, key attribute.Key) string {
	value, _ := res.Set().Value(key)
	return value.AsString()
}

func mustParse(t *testing.T, header string) baggage.Baggage {
	t.Helper()
	bag, err := baggage.Parse(header)
	require.NoError(t, err)
	return bag
}
