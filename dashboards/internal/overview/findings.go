package overview

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

const noFindings = "No findings"

func findings() row {
	chosen := []string{ofJob, ofEnv, ofService}
	return row{"Findings: what broke, and whom to ask", []cog.Builder[dashboard.Panel]{
		painted(stacked(graph(text{
			"New findings by verdict",
			"Findings of the last 5 minutes, proven and suspected. A finding that is upgraded counts once more as proven.",
			noFindings,
		}, "short", 12))).WithTarget(over("A", promql.Sum(promql.Select(promql.NewFindings, chosen...), promql.Verdict), "{{gray_audit_verdict}}")),
		list(text{
			"Findings by blame",
			"Who broke the first hop, in the chosen time: the service to look at, and the code of the cause where evidence names it. Without a blame the evidence is not enough.",
			noFindings,
		}, 12, promql.Sum(promql.New(promql.Select(promql.Findings, chosen...), "$__range"), promql.Blame, promql.Verdict, promql.Code, promql.Certainty, promql.Service, promql.Env)+" > 0", "Findings",
			column{promql.Blame, "To blame"}, column{promql.Verdict, verdictColumn}, column{promql.Code, "Code"},
			column{promql.Certainty, "Certainty"}, column{promql.Service, "Shows at"}, column{promql.Env, "Tag"}).Decimals(0),
		list(text{
			"Broken edges",
			"The 20 edges with the most broken hops in the chosen time, into the chosen services; weighted by sampling. Carried is the tag that the traffic had, shown that of the downstream span. Needs metrics.edges of the connector.",
			"No broken hops, or metrics.edges is off",
		}, 14, brokenEdges(), "Hops",
			column{promql.PeerService, "From"}, column{promql.PeerHome, "From home"}, column{promql.Service, "To"}, column{promql.Home, "To home"},
			column{promql.Kind, "Kind"}, column{promql.Destination, "Topic"}, column{promql.Env, "Carried"}, column{promql.Shown, "Shown"}, column{promql.Verdict, verdictColumn}).Decimals(0),
		stacked(graph(text{
			"Stranded messages by topic",
			"Tagged messages of the last 5 minutes that nobody who should have them processed in time. A late consumer withdraws the finding, but not this count.",
			"No stranded messages",
		}, "short", 10)).WithTarget(over("A", promql.Sum(promql.Select(promql.NewStranded, ofJob, ofEnv), promql.Destination, promql.Env), "{{messaging_destination_name}} {{gray_env}}")),
	}}
}

func brokenEdges() string {
	var broken []string
	for _, e := range violations() {
		broken = append(broken, string(e.Verdict))
	}
	of := promql.Select(promql.Edges, ofJob, ofEnv, ofService, promql.OneOf(promql.Verdict, broken))
	return fmt.Sprintf("topk(20, %s > 0)", promql.Sum(promql.New(of, "$__range"), promql.PeerService, promql.PeerHome, promql.Service, promql.Home,
		promql.Kind, promql.Destination, promql.Env, promql.Shown, promql.Verdict))
}
