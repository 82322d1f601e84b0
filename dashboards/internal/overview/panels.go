package overview

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/dyetrace/dyetrace/dashboards/internal/rules"
)

const runbook = rules.Runbook

// cogSort is what tables are sorted by.
type cogSort = cog.Builder[common.TableSortByFieldState]

// text is what a panel says of itself.
type text struct {
	title, about string
	// nothing is shown where there are no data, and says what that means.
	nothing string
}

// Heights in units of the grid, of which a row is 24 wide.
const (
	statHeight  = 4
	panelHeight = 9
)

func number(t text, unit, expr string, steps ...dashboard.Threshold) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(t.title).Description(t.about).NoValue(t.nothing).
		Datasource(source()).Span(4).Height(statHeight).Unit(unit).
		WithTarget(once(expr)).
		Thresholds(limits(steps...)).
		ColorMode(common.BigValueColorModeBackground).
		GraphMode(common.BigValueGraphModeNone).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Mappings([]dashboard.ValueMapping{absent(t.nothing)})
}

func graph(t text, unit string, width uint32) *timeseries.PanelBuilder {
	return timeseries.NewPanelBuilder().Title(t.title).Description(t.about).NoValue(t.nothing).
		Datasource(source()).Span(width).Height(panelHeight).Unit(unit).Min(0).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassic)).
		LineWidth(1).FillOpacity(10).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).Calcs([]string{})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
}

func stacked(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.FillOpacity(60).LineWidth(0).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}

// column is a label of a query and the heading that it gets.
type column struct{ label, heading string }

// list is a table of one instant query: the columns in order, then the value.
func list(t text, width uint32, expr string, value string, columns ...column) *table.PanelBuilder {
	order, names := map[string]any{}, map[string]any{}
	for i, c := range columns {
		order[c.label], names[c.label] = i, c.heading
	}
	order["Value"], names["Value"] = len(columns), value
	return tinted(table.NewPanelBuilder().Title(t.title).Description(t.about).NoValue(t.nothing).
		Datasource(source()).Span(width).Height(panelHeight).
		WithTarget(once(expr).Format(prometheus.PromQueryFormatTable)).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]any{"Time": true, "job": true},
			"indexByName":   order,
			"renameByName":  names,
		}}).
		SortBy([]cogSort{common.NewTableSortByFieldStateBuilder().DisplayName(value).Desc(true)}))
}

// once is an instant query over the dashboard's whole range.
func once(expr string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).RefId("A").Expr(expr).Instant()
}

// over is a query that is drawn over time.
func over(ref, expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).RefId(ref).Expr(expr).LegendFormat(legend).Range()
}

// limits are thresholds; the first step has no value.
func limits(steps ...dashboard.Threshold) *dashboard.ThresholdsConfigBuilder {
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

func base(colour string) dashboard.Threshold { return dashboard.Threshold{Color: colour} }

func from(v float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &v, Color: colour}
}

// coverageLimits: below one half GrayAuditorBlind fires.
func coverageLimits() []dashboard.Threshold {
	return []dashboard.Threshold{base("red"), from(0.5, "yellow"), from(0.9, "green")}
}
