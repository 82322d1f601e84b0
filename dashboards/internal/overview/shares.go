package overview

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

const noShare = "No share: no tagged traffic, or dyetrace.rules.yml is not loaded"

func shares() row {
	return row{"Gray share", []cog.Builder[dashboard.Panel]{
		graph(text{
			"Gray share by service",
			"The part of a service's entry spans that carries a tag, weighted by sampling probability, over 5 minutes.",
			noShare,
		}, "percentunit", 9).Max(1).WithTarget(over("A", promql.Select(promql.ServiceShare, ofJob, ofService, ofEnv), "{{service_name}} {{gray_env}}")),
		graph(text{
			"Gray share by topic",
			"The part of a topic's produced messages that carries a tag, weighted by sampling probability, over 5 minutes. A message counts once, however many attempts.",
			noShare,
		}, "percentunit", 9).Max(1).WithTarget(over("A", promql.Select(promql.TopicShare, ofJob, ofEnv), "{{messaging_destination_name}} {{gray_env}}")),
		list(text{
			"Share unknown: two bases",
			"Services and topics where some traffic has a sampling threshold and some has none. A share over both would be no number, so none is shown. Use one sampler for all of a scope's traffic.",
			"None: every share has one basis",
		}, 6, fmt.Sprintf("%s > 1 or %s > 1", promql.Select(promql.ServiceBases, ofJob, ofService), promql.Select(promql.TopicBases, ofJob)), "Bases",
			column{promql.Service, "Service"}, column{promql.Destination, "Topic"}).Decimals(0),
	}}
}
