package overview

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

const onlyAuditd = "Only of auditd"

func health() row {
	each := func(metric string) string {
		return promql.Sum(promql.Rate(promql.Select(metric, ofJob), "$__rate_interval"))
	}
	held := func(metric string) string { return promql.Sum(promql.Select(metric, ofJob), promql.Job) }
	return row{"The auditor itself", []cog.Builder[dashboard.Panel]{
		graph(text{
			"Spans taken",
			"Late spans came more than a pair window after their end: queues before the auditor are too long. Duplicates count once. Invalid ones have no ids.",
			noAuditor,
		}, "cps", 6).
			WithTarget(over("A", each(promql.Spans), "taken")).WithTarget(over("B", each(promql.Late), "late")).
			WithTarget(over("C", each(promql.Duplicates), "duplicates")).WithTarget(over("D", each(promql.Invalid), "invalid")),
		graph(text{
			"Facts held",
			"Spans and links inside their window, messages that wait for consumers, and findings that are open. Memory is some 90 bytes for each fact.",
			noAuditor,
		}, "short", 6).
			WithTarget(over("A", held(promql.Facts), "facts {{job}}")).WithTarget(over("B", held(promql.Messages), "messages {{job}}")).
			WithTarget(over("C", held(promql.FindingsOpen), "open findings {{job}}")),
		graph(text{
			"Facts evicted",
			"Facts pushed out by the memory limit before their window ended. Healthy is 0; else coverage falls, with the reason evicted.",
			noAuditor,
		}, "cps", 6).WithTarget(over("A", each(promql.Evicted), "evicted")),
		graph(text{
			"Store",
			"Failed writes, which are repeated; policies that were refused; findings that wait for delivery. Healthy is 0 for all.",
			onlyAuditd,
		}, "short", 6).
			WithTarget(over("A", orZero(promql.Increase(promql.Select(promql.StoreFailures, ofJob), "$__rate_interval")), "failed writes")).
			WithTarget(over("B", orZero(promql.Increase(promql.Select(promql.PolicyRefused, ofJob), "$__rate_interval")), "refused policies")).
			WithTarget(over("C", promql.Sum(promql.Select(promql.Pending, ofJob)), "findings waiting")),
		graph(text{
			"Time until a write is durable",
			"The 99th percentile of writes to the store. Senders wait for it, so seconds here are seconds there.",
			onlyAuditd,
		}, "s", 12).WithTarget(over("A", fmt.Sprintf("histogram_quantile(0.99, %s)",
			promql.Sum(promql.Rate(promql.Select(promql.StoreSeconds, ofJob), "$__rate_interval"), "le", "what")), "{{what}}")),
		graph(text{
			"Size of the store",
			"On disk. The retention keeps it under its limit.",
			onlyAuditd,
		}, "bytes", 12).WithTarget(over("A", promql.Sum(promql.Select(promql.StoreSize, ofJob), promql.Job), "{{job}}")),
	}}
}

// orZero is 0 where auditd runs and has nothing to count yet.
func orZero(expr string) string {
	return fmt.Sprintf("%s or 0 * %s", promql.Sum(expr), promql.Sum(promql.Select(promql.StoreSize, ofJob)))
}
