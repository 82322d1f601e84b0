package rules

import (
	"fmt"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

// window is that of all recorded rates. Five minutes bridge a missed scrape at any
// usual interval.
const window = "5m"

// known leaves out what is past the connector's max_series: it has no names.
const known = promql.Overflow + `=""`

func recorded() []Rule {
	var out []Rule
	out = append(out, shares(promql.Service, promql.ServiceTraffic, promql.ServiceBases, promql.ServiceShare, promql.Is(promql.Destination, ""))...)
	out = append(out, shares(promql.Destination, promql.TopicTraffic, promql.TopicBases, promql.TopicShare, promql.Not(promql.Destination, ""))...)
	out = append(out,
		Rule{Record: promql.HopCoverage, Expr: promql.Coverage(rate(promql.HopsJudged), rate(promql.HopsSeen), promql.Job)},
		Rule{Record: promql.PlaceCoverage, Expr: promql.Coverage(rate(promql.PlacesJudged), rate(promql.PlacesSeen), promql.Job)},
		Rule{Record: promql.ServiceCoverage, Expr: serviceCoverage()},
		Rule{Record: promql.NewFindings, Expr: promql.Sum(promql.New(promql.Select(promql.Findings, known), window),
			promql.Job, promql.Verdict, promql.Certainty, promql.Service, promql.Home, promql.Env, promql.Code, promql.Blame)},
		Rule{Record: promql.NewStranded, Expr: promql.Sum(promql.New(promql.Select(promql.Stranded, known), window),
			promql.Job, promql.Destination, promql.Env)},
	)
	return out
}

func rate(metric string, matchers ...string) string {
	return promql.Rate(promql.Select(metric, matchers...), window)
}

// shares are the shares of a scope (a service's entry spans, a topic's messages)
// and what they rest on. A share over traffic of which some has a sampling
// threshold and some has none would be no number: there the scope has two bases,
// and no share.
func shares(scope, traffic, bases, share, which string) []Rule {
	total := promql.Sum(traffic, promql.Job, scope)
	tagged := promql.Sum(promql.Select(traffic, promql.Not(promql.Env, "")), promql.Job, scope, promql.Env)
	return []Rule{
		{Record: traffic, Expr: promql.Sum(rate(promql.Traffic, which, known), promql.Job, scope, promql.Env, promql.Basis)},
		{Record: bases, Expr: promql.Count(promql.Sum(traffic, promql.Job, scope, promql.Basis)+" > 0", promql.Job, scope)},
		{Record: share, Expr: fmt.Sprintf("%s\n  / on (job, %s) group_left () (%s > 0)\nand on (job, %s) (%s == 1)", tagged, scope, total, scope, bases)},
	}
}

// serviceCoverage is the propagation coverage of each service. A service of which
// nothing was judged has 0, not no value.
func serviceCoverage() string {
	all := promql.Sum(rate(promql.Hops, known), promql.Job, promql.Service)
	blind := promql.Sum(rate(promql.Hops, promql.Is(promql.Verdict, string(auditor.VerdictUndecidable)), known), promql.Job, promql.Service)
	return fmt.Sprintf("1 - (%s or 0 * %s) / (%s > 0)", blind, all, all)
}
