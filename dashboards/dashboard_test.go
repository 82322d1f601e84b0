package dashboards_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/dashboards/internal/overview"
)

// panelsOf are the panels without the rows.
func panelsOf(d dashboard.Dashboard) []dashboard.Panel {
	var out []dashboard.Panel
	for _, p := range d.Panels {
		if p.Panel != nil {
			out = append(out, *p.Panel)
		}
	}
	return out
}

func queriesOf(t require.TestingT, p dashboard.Panel) []prometheus.Dataquery {
	var out []prometheus.Dataquery
	for _, target := range p.Targets {
		q, ok := target.(prometheus.Dataquery)
		require.True(t, ok, "%T", target)
		out = append(out, q)
	}
	return out
}

func TestDashboardIsAsGenerated(t *testing.T) {
	text, err := overview.JSON()
	require.NoError(t, err)
	file, err := os.ReadFile("grafana/dyetrace-overview.json")
	require.NoError(t, err)
	require.Equal(t, string(text), string(file), "run go generate ./dashboards")
}

// Nothing in the file is unknown to Grafana's schema, and all it asks for is there.
func TestDashboardFitsTheSchema(t *testing.T) {
	file, err := os.ReadFile("grafana/dyetrace-overview.json")
	require.NoError(t, err)
	var d dashboard.Dashboard
	require.NoError(t, d.UnmarshalJSONStrict(file))
	require.NoError(t, d.Validate())
	require.EqualValues(t, 37, d.SchemaVersion, "that of Grafana 9.4")
}

func TestEveryPanelExplainsItself(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	titles, ids := map[string]bool{}, map[uint32]bool{}
	for _, p := range panelsOf(d) {
		require.Contains(t, []string{"stat", "timeseries", "table"}, p.Type, "a core panel of Grafana 9.4")
		require.NotNil(t, p.Title)
		require.False(t, titles[*p.Title], "%s is there twice", *p.Title)
		require.False(t, ids[*p.Id])
		titles[*p.Title], ids[*p.Id] = true, true
		require.NotNil(t, p.Description, *p.Title)
		require.Greater(t, len(*p.Description), 40, *p.Title)
		require.NotEmpty(t, p.Targets, *p.Title)
		def := p.FieldConfig.Defaults
		require.NotNil(t, def.NoValue, "%s says nothing where there are no data", *p.Title)
		if p.Type != "table" {
			require.NotNil(t, def.Unit, *p.Title)
		}
		if p.Type == "stat" {
			require.NotEmpty(t, def.Mappings, "%s: no data would look like the lowest step", *p.Title)
			require.Greater(t, len(def.Thresholds.Steps), 1, *p.Title)
		}
	}
}

// No data source is written into the dashboard, and each query knows the choices.
func TestEveryQueryFollowsTheChoices(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	selector := regexp.MustCompile(`[a-z:_0-9]+\{[^}]*\}`)
	bare := regexp.MustCompile(`\b(gray|auditd|otelcol|job)_[a-z_:0-9]*(_total|facts|messages|open|5m|bytes|bucket)\b(\{)?`)
	for _, p := range panelsOf(d) {
		refs := map[string]bool{}
		require.Equal(t, "${datasource}", *p.Datasource.Uid)
		for _, q := range queriesOf(t, p) {
			require.False(t, refs[*q.RefId], "%s: %s twice", *p.Title, *q.RefId)
			refs[*q.RefId] = true
			require.Equal(t, "${datasource}", *q.Datasource.Uid)
			for _, s := range selector.FindAllString(q.Expr, -1) {
				require.Contains(t, s, `job=~"$job"`, q.Expr)
			}
			for _, m := range bare.FindAllString(q.Expr, -1) {
				require.True(t, strings.HasSuffix(m, "{"), "%s: %s has no matcher", *p.Title, m)
			}
		}
	}
}

func TestPanelsLieSideBySide(t *testing.T) {
	d, err := overview.Build()
	require.NoError(t, err)
	taken := map[[2]uint32]string{}
	for _, p := range panelsOf(d) {
		g := p.GridPos
		require.LessOrEqual(t, g.X+g.W, uint32(24), *p.Title)
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				require.Empty(t, taken[[2]uint32{x, y}], *p.Title)
				taken[[2]uint32{x, y}] = *p.Title
			}
		}
	}
}
