package auditdexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/processor/findinglog"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sum adds a point of a cumulative sum.
func sum(rm pmetric.ResourceMetrics, name string, value int64, attributes map[string]any) {
	sums := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	sums.SetName(name)
	dp := sums.SetEmptySum().DataPoints().AppendEmpty()
	dp.SetTimestamp(pcommon.NewTimestampFromTime(noon))
	dp.SetIntValue(value)
	_ = dp.Attributes().FromRaw(attributes) // of plain types
}

func TestTotals(t *testing.T) {
	for _, c := range []struct {
		name, metric string
		attributes   map[string]any
		series       store.Series
	}{
		{
			"traffic", "gray.traffic",
			map[string]any{"service.name": "s", "gray.home": "h", "gray.env": "e", "gray.basis": "spans"},
			store.Series{Kind: store.Traffic, Service: "s", Home: "h", Env: "e", Basis: auditor.BasisSpans},
		},
		{
			"messages", "gray.traffic",
			map[string]any{"service.name": "s", "messaging.destination.name": "T", "gray.basis": "adjusted"},
			store.Series{Kind: store.Traffic, Service: "s", Destination: "T", Basis: auditor.BasisAdjusted},
		},
		{
			"hops", "gray.hops",
			map[string]any{"service.name": "s", "gray.audit.verdict": "leak", "gray.hop.kind": "message", "messaging.consumer.group.name": "g"},
			store.Series{Kind: store.Hops, Service: "s", Outcome: "leak", HopKind: "message", Group: "g"},
		},
		{
			"edges", "gray.edges",
			map[string]any{"gray.peer.service.name": "p", "gray.peer.home": "q", "service.name": "s", "gray.env.shown": "x", "gray.audit.verdict": "ok"},
			store.Series{Kind: store.Edges, PeerService: "p", PeerHome: "q", Service: "s", Shown: "x", Outcome: "ok"},
		},
		{"seen", "gray.hops.seen", nil, store.Series{Kind: store.Propagation, Outcome: store.OutcomeSeen}},
		{"judged", "gray.hops.judged", nil, store.Series{Kind: store.Propagation, Outcome: store.OutcomeJudged}},
		{"undecidable", "gray.hops.undecidable", map[string]any{"gray.audit.reason": "restart"}, store.Series{Kind: store.Propagation, Outcome: "restart"}},
		{"placements seen", "gray.placements.seen", nil, store.Series{Kind: store.Placement, Outcome: store.OutcomeSeen}},
		{"placements judged", "gray.placements.judged", nil, store.Series{Kind: store.Placement, Outcome: store.OutcomeJudged}},
		{"placements undecidable", "gray.placements.undecidable", map[string]any{"gray.audit.reason": "unknown"}, store.Series{Kind: store.Placement, Outcome: "unknown"}},
		{"overflow", "gray.hops", map[string]any{"otel.metric.overflow": true}, store.Series{Kind: store.Hops, Overflow: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			md := pmetric.NewMetrics()
			rm := md.ResourceMetrics().AppendEmpty()
			rm.Resource().Attributes().PutStr(findinglog.KeyRun, "run")
			sum(rm, c.metric, 3, c.attributes)
			sum(rm, c.metric, 4, c.attributes)
			sum(rm, "gray.findings", 9, nil)
			require.Equal(t, []totals{{"run", noon, []store.Total{{Series: c.series, Value: 7}}}}, totalsOf(md))
		})
	}
}

// TestRollups: a resend changes nothing; a new run adds.
func TestRollups(t *testing.T) {
	k := newKeeper(t)
	e := &storing{keeper: k}
	var err error
	e.telemetry, err = newTelemetry(settings().TelemetrySettings)
	require.NoError(t, err)
	for _, step := range []struct {
		run   string
		value int64
		want  float64
	}{{"a", 3, 3}, {"a", 3, 3}, {"a", 5, 5}, {"b", 1, 6}, {"a", 5, 6}} {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr(findinglog.KeyRun, step.run)
		sum(rm, "gray.hops.seen", step.value, nil)
		require.NoError(t, e.metrics(t.Context(), md))
		c, err := store.Coverage(t.Context(), k.store, store.Propagation, store.SumQuery{From: noon, To: noon.Add(time.Minute)})
		require.NoError(t, err)
		require.Equal(t, step.want, c.Seen)
	}
	require.Equal(t, 5, k.shown)
}
