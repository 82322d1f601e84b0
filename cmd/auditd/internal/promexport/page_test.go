package promexport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/dyetrace/dyetrace/processor/findinglog"
)

// engine is what a connector delivers of one run.
type engine struct {
	run   string
	hops  int64
	facts int64
}

func metrics(list ...engine) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, e := range list {
		rm := md.ResourceMetrics().AppendEmpty()
		if e.run != "" {
			rm.Resource().Attributes().PutStr(findinglog.KeyRun, e.run)
		}
		all := rm.ScopeMetrics().AppendEmpty().Metrics()
		hops := all.AppendEmpty()
		hops.SetName("gray.hops")
		hops.SetUnit("{hops}")
		hops.SetDescription("Hops.")
		sum := hops.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		dp := sum.DataPoints().AppendEmpty()
		dp.SetIntValue(e.hops)
		dp.Attributes().PutStr("service.name", "odd \"one\"\n\xff")
		dp.Attributes().PutStr("gray.env", "")
		facts := all.AppendEmpty()
		facts.SetName("gray.audit.facts")
		facts.SetUnit("{facts}")
		facts.SetDescription("Facts.")
		facts.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(e.facts)
	}
	return md
}

func want(hops, facts int) string {
	return fmt.Sprintf(`# HELP gray_audit_facts Facts.
# TYPE gray_audit_facts gauge
gray_audit_facts %d
# HELP gray_hops_total Hops.
# TYPE gray_hops_total counter
gray_hops_total{gray_env="",service_name="odd \"one\"\n`+"\uFFFD"+`"} %d
`, facts, hops)
}

func TestPage(t *testing.T) {
	type step struct {
		md          pmetric.Metrics
		hops, facts int
	}
	for name, steps := range map[string][]step{
		"it grows":             {{metrics(engine{"a", 3, 10}), 3, 10}, {metrics(engine{"a", 5, 8}), 5, 8}},
		"a resend":             {{metrics(engine{"a", 3, 10}), 3, 10}, {metrics(engine{"a", 3, 10}), 3, 10}},
		"a new engine":         {{metrics(engine{"a", 3, 10}), 3, 10}, {metrics(engine{"a", 4, 9}, engine{"b", 1, 2}), 5, 2}, {metrics(engine{"b", 2, 3}), 6, 3}},
		"two engines":          {{metrics(engine{"a", 3, 10}), 3, 10}, {metrics(engine{"b", 1, 2}), 4, 12}},
		"counts without a run": {{metrics(engine{"a", 3, 10}, engine{"", 9, 9}, engine{"a", 3, 10}), 3, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(100)
			for _, s := range steps {
				p.Show(s.md)
				require.NoError(t, testutil.CollectAndCompare(p, strings.NewReader(want(s.hops, s.facts))))
			}
			require.Zero(t, p.Dropped())
		})
	}
}

// TestManyRuns: however many engines there were, counters do not fall, and memory
// is that of a few.
func TestManyRuns(t *testing.T) {
	p := New(100)
	for i := range 500 {
		ended, now := fmt.Sprint(i), fmt.Sprint(i+1)
		for range 2 { // each is delivered twice
			p.Show(metrics(engine{ended, 10, 5}, engine{now, 1, 7}))
		}
		require.NoError(t, testutil.CollectAndCompare(p, strings.NewReader(want((i+1)*10+1, 7))))
	}
	require.LessOrEqual(t, len(p.runs), maxRuns)
	require.LessOrEqual(t, len(p.folded), maxFolded)
}

func TestLimit(t *testing.T) {
	p := New(1)
	p.Show(metrics(engine{"a", 3, 10}))
	require.Equal(t, 1, testutil.CollectAndCount(p))
	require.Equal(t, uint64(1), p.Dropped())
}

// TestNames: Prometheus' own linter has nothing to say.
func TestNames(t *testing.T) {
	p := New(100)
	p.Show(metrics(engine{"a", 3, 10}))
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(p))
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
}
