package dashboards_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/dashboards/internal/overview"
	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
	"github.com/dyetrace/dyetrace/dashboards/internal/rules"
)

// One auditd, one Prometheus that scrapes it, and traffic in which everything
// happens that the dashboard shows: every query and every rule is tried on that.
func TestAgainstAuditdAndPrometheus(t *testing.T) {
	program(t, "prometheus")
	daemon := startAuditd(t, policy)
	p := startPrometheus(t, strings.TrimPrefix(daemon.api, "http://"))
	l := live{p, daemon}
	l.await(t, promql.Spans) // before anything happens, so that counters begin at 0
	feed(t, daemon, 1)
	l.await(t, promql.Findings)
	l.await(t, promql.Stranded+" > 0")
	l.await(t, promql.HopsSeen+" > 5000") // the windows of the first round have ended
	feed(t, daemon, 2)
	l.await(t, promql.HopsSeen+" > 15000")

	t.Run("panels", l.panels)
	t.Run("variables", l.variables)
	t.Run("rules", l.rules)
	t.Run("runbook", l.runbook)
	t.Run("numbers", l.numbers)
	t.Run("alerts", l.alerts)
}

// live is what the queries are asked of.
type live struct {
	prom   prom.API
	daemon auditd
}

// ask asks now. A warning is an error.
func (l live) ask(expr string) (model.Vector, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, warnings, err := l.prom.Query(ctx, expr, time.Now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", expr, err)
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("%s: %v", expr, warnings)
	}
	list, ok := v.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("%s is no vector: %s", expr, v)
	}
	return list, nil
}

func (l live) query(t *testing.T, expr string) model.Vector {
	t.Helper()
	v, err := l.ask(expr)
	require.NoError(t, err)
	return v
}

// await waits until a query has data.
func (l live) await(t *testing.T, expr string) model.Vector {
	t.Helper()
	var v model.Vector
	var err error
	require.Eventually(t, func() bool {
		v, err = l.ask(expr)
		return err != nil || len(v) > 0
	}, patience, 100*time.Millisecond, "no data: %s", expr)
	require.NoError(t, err)
	return v
}

// chosen puts in what Grafana puts in for the choices and the range of time.
func chosen(expr string) string {
	return strings.NewReplacer("$job", ".*", "$service", ".*", "$env", ".*", "$__range", "3600s", "$__rate_interval", "60s").Replace(expr)
}

func (l live) panels(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	for _, p := range panelsOf(d) {
		for _, q := range queriesOf(t, p) {
			t.Run(*p.Title+"/"+*q.RefId, func(t *testing.T) {
				for _, s := range l.await(t, chosen(q.Expr)) {
					require.False(t, s.Value.String() == "NaN" && !strings.HasPrefix(q.Expr, "histogram_quantile"), "%s: %s", q.Expr, s)
				}
				one := strings.NewReplacer("$job", "auditd", "$service", mixed+"|svc-a", "$env", "gray").Replace(q.Expr)
				l.query(t, chosen(one))
			})
		}
	}
}

func (l live) variables(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	want := map[string][]string{"job": {"auditd"}, "service": {"gateway", "svc-a", "svc-b", "svc-c"}, "env": {"gray"}}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			text := chosen(v.Query.Map["query"].(string))
			inner, found := strings.CutPrefix(strings.TrimSuffix(text, ")"), "label_values(")
			require.True(t, found, text)
			cut := strings.LastIndex(inner, ", ")
			values, warnings, err := l.prom.LabelValues(t.Context(), inner[cut+2:], []string{inner[:cut]}, time.Now().Add(-time.Hour), time.Now())
			require.NoError(t, err)
			require.Empty(t, warnings)
			var got []string
			for _, x := range values {
				got = append(got, string(x))
			}
			require.ElementsMatch(t, want[v.Name], got)
		})
	}
}

// rules: Prometheus has evaluated every rule without an error, and every recorded
// series is there.
func (l live) rules(t *testing.T) {
	want := rules.Build()
	health := ""
	require.Eventually(t, func() bool {
		got, err := l.prom.Rules(t.Context(), nil)
		require.NoError(t, err)
		health = ""
		var sizes []string
		for _, g := range got.Groups {
			sizes = append(sizes, fmt.Sprint(g.Name, len(g.Rules)))
			for _, r := range g.Rules {
				health += illness(r)
			}
		}
		require.ElementsMatch(t, sizesOf(want), sizes)
		return health == "" || strings.Contains(health, "err")
	}, patience, 200*time.Millisecond)
	require.Empty(t, health)
	for _, r := range want.Groups[0].Rules {
		l.await(t, r.Record)
	}
	for _, r := range append(want.Groups[1].Rules, want.Groups[2].Rules...) {
		l.query(t, r.Expr)
	}
}

func sizesOf(f rules.File) []string {
	var out []string
	for _, g := range f.Groups {
		out = append(out, fmt.Sprint(g.Name, len(g.Rules)))
	}
	return out
}

// illness is what is wrong with a rule: "err", or "unknown" before its turn.
func illness(rule any) string {
	switch r := rule.(type) {
	case prom.AlertingRule:
		if r.Health != prom.RuleHealthGood {
			return fmt.Sprintf("%s: %s %s\n", r.Name, r.Health, r.LastError)
		}
	case prom.RecordingRule:
		if r.Health != prom.RuleHealthGood {
			return fmt.Sprintf("%s: %s %s\n", r.Name, r.Health, r.LastError)
		}
	}
	return ""
}

// numbers holds what Prometheus says against what the store says, once the last
// batch is scraped.
func (l live) numbers(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	first := panelsOf(d)[0]
	require.Equal(t, "Proven violations", *first.Title)
	shown := chosen(queriesOf(t, first)[0].Expr)
	var stored map[string]float64
	require.Eventually(t, func() bool {
		stored = l.daemon.stored(t)
		return float64(l.await(t, shown)[0].Value) == stored["proven"]
	}, patience, 200*time.Millisecond, "not what is stored: %s", shown)
	require.NotZero(t, stored["proven"])
	require.NotZero(t, stored["suspected"])

	// Coverage of all that was seen, from counters that began at 0.
	cover := l.await(t, fmt.Sprintf("%s / %s", promql.HopsJudged, promql.HopsSeen))
	require.Len(t, cover, 1)
	require.Greater(t, float64(cover[0].Value), 0.8)
	require.Less(t, float64(cover[0].Value), 1.0)

	// svc-b has two bases: no share. The others have one.
	for _, s := range l.await(t, promql.ServiceShare) {
		require.NotEqualValues(t, mixed, s.Metric[promql.Service])
		require.Greater(t, float64(s.Value), 0.0)
		require.Less(t, float64(s.Value), 1.0)
	}
	l.await(t, promql.Select(promql.ServiceBases, promql.Is(promql.Service, mixed))+" == 2")
}

// alerts: the leak fires at once, the escape waits its minute, and nothing says
// that the auditor is blind for longer than a scrape is late.
func (l live) alerts(t *testing.T) {
	l.await(t, `ALERTS{alertname="GrayLeak",alertstate="firing",severity="critical",job="auditd",service_name="svc-a"}`)
	l.await(t, `ALERTS{alertname="GrayEscape",severity="high",job="auditd",service_name="svc-a"}`)
	l.await(t, `ALERTS{alertname="GrayStranded",severity="medium",job="auditd",gray_env="gray"}`)
	require.Eventually(t, func() bool {
		return len(l.query(t, `ALERTS{alertname=~"GrayAuditorBlind|GrayFindingsNotStored"}`)) == 0
	}, patience, 200*time.Millisecond)
}
