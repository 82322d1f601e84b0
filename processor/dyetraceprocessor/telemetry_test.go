package dyetraceprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor/internal/metadatatest"
)

func TestOwnMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(t.Context())) }()
	p, err := createTraces(t.Context(), metadatatest.NewSettings(tel), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	td := three()
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("gray.audit.verdict", "forged")
	require.NoError(t, p.ConsumeTraces(t.Context(), td))
	require.NoError(t, p.ConsumeTraces(t.Context(), three()))

	one := func(v int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: v}} }
	same := []metricdatatest.Option{metricdatatest.IgnoreTimestamp()}
	metadatatest.AssertEqualProcessorDyetraceFlagsStripped(t, tel, one(1), same...)
	metadatatest.AssertEqualProcessorDyetraceEngineSpans(t, tel, one(3), same...)
	metadatatest.AssertEqualProcessorDyetraceEngineDuplicates(t, tel, one(3), same...)
	metadatatest.AssertEqualProcessorDyetracePolicyUpdates(t, tel, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("outcome", "applied"))},
		{Attributes: attribute.NewSet(attribute.String("outcome", "refused"))},
	}, same...)
	require.NoError(t, p.Shutdown(t.Context()))
}
