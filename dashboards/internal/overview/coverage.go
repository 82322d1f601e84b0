package overview

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

func coverage() row {
	return row{"Coverage: how far it can be trusted", []cog.Builder[dashboard.Panel]{
		graph(text{
			"Coverage",
			"Judged / seen over 5 minutes, on both axes. Below the red line for half an hour the alert GrayAuditorBlind comes; it leaves out the entry spans of origins.",
			"No coverage: no hops, or dyetrace.rules.yml is not loaded",
		}, "percentunit", 6).Max(1).
			Thresholds(limits(base("transparent"), from(0.5, "red"))).
			ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeLine)).
			WithTarget(over("A", promql.Select(promql.HopCoverage, ofJob), "propagation {{job}}")).
			WithTarget(over("B", promql.Select(promql.PlaceCoverage, ofJob), "placement {{job}}")),
		reasons("Hops not judged, by reason", "Propagation: why it cannot be said whether the tag survived. The runbook has the advice for each reason.", "Every hop was judged", promql.HopsUnjudged),
		reasons("Entry spans not judged, by reason", "Placement: why it cannot be said whether the right workload did the work. The runbook has the advice for each reason.", "Every entry span was judged", promql.PlacesUnjudged),
		list(text{
			"Coverage by service",
			"Propagation coverage of the hops into each service, the least covered first: the 20 services where instrumentation pays most.",
			"No coverage: no hops, or dyetrace.rules.yml is not loaded",
		}, 6, "bottomk(20, "+promql.Select(promql.ServiceCoverage, ofJob, ofService)+")", "Coverage", column{promql.Service, "Service"}).
			Unit("percentunit").Min(0).Max(1).Thresholds(limits(coverageLimits()...)).
			OverrideByName("Coverage", []dashboard.DynamicConfigValue{inColour()}).
			SortBy([]cogSort{common.NewTableSortByFieldStateBuilder().DisplayName("Coverage").Desc(false)}),
	}}
}

func reasons(title, about, nothing, metric string) cog.Builder[dashboard.Panel] {
	return stacked(graph(text{title, about, nothing}, "cps", 6)).
		WithTarget(over("A", promql.Sum(promql.Rate(promql.Select(metric, ofJob), "$__rate_interval"), promql.Reason), "{{gray_audit_reason}}"))
}
