package overview

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

const noAuditor = "No auditor"

// headline is what there is to know at first sight.
func headline() row {
	return row{panels: []cog.Builder[dashboard.Panel]{
		number(text{
			"Proven violations",
			"Findings of which every premise was seen, in the chosen time. 0 means none among what was judged: see the coverage beside it.",
			noAuditor,
		}, "short", orNone(events(promql.Findings, promql.Is(promql.Certainty, string(auditor.Proven)), ofService)), base("green"), from(1, "red")).Decimals(0),
		number(text{
			"Suspected violations",
			"Findings that lack a premise, in the chosen time. They become proven when it shows, and are withdrawn when it is refuted.",
			noAuditor,
		}, "short", orNone(events(promql.Findings, promql.Is(promql.Certainty, string(auditor.Suspected)), ofService)), base("green"), from(1, "yellow")).Decimals(0),
		number(text{
			"Stranded messages",
			"Tagged messages that no consumer group processed within its window, in the chosen time. From traces alone this is suspected.",
			noAuditor,
		}, "short", orNone(events(promql.Stranded)), base("green"), from(1, "yellow")).Decimals(0),
		number(text{
			"Propagation coverage",
			"Hops judged / hops seen in the chosen time: did the tag survive? What is not judged is unknown, never a pass.",
			"No hops",
		}, "percentunit", coverageOf(promql.HopsJudged, promql.HopsSeen), coverageLimits()...).Max(1),
		number(text{
			"Placement coverage",
			"Entry spans judged / seen in the chosen time: did the right workload do the work? Entry spans of origins count as not judged.",
			"No entry spans",
		}, "percentunit", coverageOf(promql.PlacesJudged, promql.PlacesSeen), coverageLimits()...).Max(1),
		number(text{
			"Spans audited",
			"Distinct spans a second that the auditors take.",
			noAuditor,
		}, "cps", promql.Sum(promql.Rate(promql.Select(promql.Spans, ofJob), "5m")), base("red"), from(0.001, "green")),
	}}
}

// events counts what is new in the chosen time.
func events(metric string, matchers ...string) string {
	return promql.Sum(promql.New(promql.Select(metric, append([]string{ofJob, ofEnv}, matchers...)...), "$__range"))
}

// orNone is 0 where there is an auditor and nothing to count; without an auditor
// there is no value: that is not the same.
func orNone(expr string) string {
	return fmt.Sprintf("%s or 0 * %s", expr, promql.Sum(promql.Select(promql.Spans, ofJob)))
}

func coverageOf(judged, seen string) string {
	grown := func(metric string) string { return promql.Increase(promql.Select(metric, ofJob), "$__range") }
	return promql.Coverage(grown(judged), grown(seen))
}
