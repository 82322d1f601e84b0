package processor_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/auditor"
)

// point is one data point with its attributes.
type point struct {
	attrs map[string]any
	value float64
}

// last returns the points of each metric in the last delivery.
func last(t require.TestingT, all []pmetric.Metrics) map[string][]point {
	require.NotEmpty(t, all)
	out := map[string][]point{}
	rms := all[len(all)-1].ResourceMetrics()
	require.Equal(t, 1, rms.Len())
	for _, m := range rms.At(0).ScopeMetrics().At(0).Metrics().All() {
		points := m.Gauge().DataPoints
		if m.Type() == pmetric.MetricTypeSum {
			require.True(t, m.Sum().IsMonotonic())
			require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
			points = m.Sum().DataPoints
		}
		for _, p := range points().All() {
			v := p.DoubleValue()
			if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
				v = float64(p.IntValue())
			}
			out[m.Name()] = append(out[m.Name()], point{p.Attributes().AsRaw(), v})
		}
	}
	return out
}

func sum(points []point, match map[string]any) float64 {
	total := 0.0
next:
	for _, p := range points {
		for k, v := range match {
			if p.attrs[k] != v {
				continue next
			}
		}
		total += p.value
	}
	return total
}

// requireCounts holds the last metrics against the report of check.
func requireCounts(t require.TestingT, want *auditor.Report, all []pmetric.Metrics) {
	got := last(t, all)
	s := want.Summary
	require.EqualValues(t, s.Spans, sum(got["gray.audit.spans"], nil))
	require.EqualValues(t, s.Hops, sum(got["gray.hops.seen"], nil))
	require.EqualValues(t, s.Judged, sum(got["gray.hops.judged"], nil))
	for why, n := range s.Undecidable {
		require.EqualValues(t, n, sum(got["gray.hops.undecidable"], map[string]any{"gray.audit.reason": string(why)}), why)
	}
	require.EqualValues(t, s.Hops, sum(got["gray.hops"], nil))
	require.EqualValues(t, s.Hops-s.Judged, sum(got["gray.hops"], map[string]any{"gray.audit.verdict": "undecidable"}))
	require.EqualValues(t, s.Placement.Seen, sum(got["gray.placements.seen"], nil))
	require.EqualValues(t, s.Placement.Judged, sum(got["gray.placements.judged"], nil))
	require.InDelta(t, float64(s.Hops), sum(got["gray.edges"], nil), 1e-6, "the corpora are not sampled")
	require.Zero(t, sum(got["gray.audit.duplicates"], nil), "spans were judged twice")
	for _, f := range want.Findings {
		require.NotZero(t, sum(got["gray.findings"], map[string]any{"gray.audit.verdict": string(f.Verdict), "gray.audit.certainty": string(f.Certainty), "service.name": f.Service}), f.Explain)
	}
	require.GreaterOrEqual(t, sum(got["gray.messages.stranded"], nil), float64(s.Findings[auditor.VerdictStranded]))
	for _, share := range want.Shares {
		requireShare(t, share, got["gray.traffic"])
	}
}

// requireShare computes a share from the traffic, as a dashboard does.
func requireShare(t require.TestingT, share auditor.Share, traffic []point) {
	match := map[string]any{"service.name": share.Name, "messaging.destination.name": ""}
	if share.By == "topic" {
		match = map[string]any{"messaging.destination.name": share.Name}
	}
	if share.By == "edge" {
		return
	}
	require.InDelta(t, share.Total, sum(traffic, match), 1e-6, "%s %s", share.By, share.Name)
	match["gray.env"] = share.Env
	require.InDelta(t, share.Count, sum(traffic, match), 1e-6, "%s %s %s", share.By, share.Name, share.Env)
}

func TestMetricsNameTheRun(t *testing.T) {
	c := readCorpus(t, "../auditor/testdata/java-agent/ok")
	col := c.start(t, connectorOnly)
	require.NoError(t, col.Send(c.batches[0]))
	col.Shutdown()
	all := col.Sinks.Metrics("")
	rm := all[len(all)-1].ResourceMetrics().At(0)
	run, found := rm.Resource().Attributes().Get("gray.audit.run")
	require.True(t, found)
	require.Equal(t, pcommon.ValueTypeStr, run.Type())
	require.NotEmpty(t, run.Str())
}
