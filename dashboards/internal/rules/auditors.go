package rules

import (
	"fmt"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

// The limits of the auditor's own alerts. They are ours, and meant to be adapted.
const (
	// minCoverage: below it most of the traffic could be broken unseen.
	minCoverage = "0.5"
	// minHops in half an hour make a coverage that says something.
	minHops = "100"
	// maxSilent is the part of the hops that silent workloads may take.
	maxSilent = "0.2"
	// maxEvicted is the evicted facts for each span.
	maxEvicted = "0.01"
	// long is the window of coverage: a rollout's first minutes are no alarm.
	long = "30m"
)

const (
	nameBlind     = "GrayAuditorBlind"
	nameNotStored = "GrayFindingsNotStored"
)

func auditors() []Rule {
	return []Rule{
		blind("absent", "5m", fmt.Sprintf("absent(%s)", promql.Spans),
			"No auditor is scraped",
			"No auditor gives out counts: nothing is audited, and no other alert of this file can fire. Look whether auditd runs and whether Prometheus reaches its /metrics."),
		blind("no_spans", "10m", promql.Sum(promql.Rate(promql.Spans, "10m"), promql.Job)+" == 0",
			"No spans reach the auditor {{ $labels.job }}",
			"The auditor runs and gets no spans. Look at the senders' endpoints, and at the receiver for refusals."),
		blind("coverage", "15m", lowCoverage(promql.HopsJudged, grownLong(promql.HopsSeen)),
			"Propagation coverage of {{ $labels.job }} is {{ $value | humanizePercentage }}",
			"Most hops cannot be judged, so that no finding does not mean no fault. The reasons are on the dashboard, under Coverage; each has its advice in the runbook."),
		blind("placement_coverage", "15m", lowCoverage(promql.PlacesJudged, judgeable()),
			"Placement coverage of {{ $labels.job }} is {{ $value | humanizePercentage }}",
			"Of most entry spans beyond the origins it cannot be said whether the right workload served them. The reasons are on the dashboard, under Coverage; each has its advice in the runbook."),
		blind("silent", "15m", silent(),
			"{{ $value | humanizePercentage }} of the hops of {{ $labels.job }} are at silent workloads",
			"Workloads have a home and never show a tag. Most often baggage is not copied to their spans. Which ones: the panel Coverage by service."),
		blind("evicted", "10m", fmt.Sprintf("%s / (%s > 0) > %s", grown(promql.Evicted), grown(promql.Spans), maxEvicted),
			"The auditor {{ $labels.job }} forgets spans before their window ends",
			"Its memory limit pushes facts out, and hops stay unjudged. Raise the limit, shorten the pair window, or spread the traces over more auditors."),
		blind("overflow", "5m", promql.Overflowed()+" > 0",
			"{{ $labels.metric }} of {{ $labels.job }} has more series than the connector keeps",
			"What is past max_series is in one series without names: panels and alerts by service and tag do not see it. Find the label with too many values, or raise max_series."),
		notStored("store", fmt.Sprintf("%s > 0", promql.Sum(promql.New(promql.StoreFailures, "5m"), promql.Job, "reason")),
			"auditd {{ $labels.job }} cannot write to its store ({{ $labels.reason }})",
			"Writes fail and are repeated. Senders are refused meanwhile and have to send again; what was acknowledged is safe. Look at the disk and at auditd's log."),
		notStored("pending", fmt.Sprintf("max by (job) (min_over_time(%s[5m])) > 0", promql.Pending),
			"Findings of {{ $labels.job }} wait for delivery",
			"The pipeline after the connector refuses findings or is slow. At the limit spans are refused. Look at its exporter."),
	}
}

func grown(metric string) string { return promql.Sum(promql.Rate(metric, "10m"), promql.Job) }

func grownLong(metric string, matchers ...string) string {
	return promql.Sum(promql.Increase(promql.Select(metric, matchers...), long), promql.Job)
}

func lowCoverage(judged, seen string) string {
	return fmt.Sprintf("%s / (%s > 0) < %s\nand on (job) %s >= %s", grownLong(judged), seen, minCoverage, seen, minHops)
}

// judgeable is the entry spans but for those where the tag is decided: an origin's
// are never judged, and a gateway that answers most requests itself is no alarm.
func judgeable() string {
	seen := grownLong(promql.PlacesSeen)
	return fmt.Sprintf("(%s - (%s or 0 * %s))", seen, grownLong(promql.PlacesUnjudged, promql.Is(promql.Reason, string(auditor.ReasonOrigin))), seen)
}

func silent() string {
	of := grownLong(promql.HopsUnjudged, promql.Is(promql.Reason, string(auditor.ReasonSilent)))
	return fmt.Sprintf("%s / (%s >= %s) > %s", of, grownLong(promql.HopsSeen), minHops, maxSilent)
}

func blind(why, wait, expr, summary, text string) Rule {
	return because(why, alert(nameBlind, auditor.SeverityHigh, wait, expr, summary, text))
}

func notStored(why, expr, summary, text string) Rule {
	return because(why, alert(nameNotStored, auditor.SeverityHigh, "5m", expr, summary, text))
}

// because tells alerts of one name apart.
func because(why string, r Rule) Rule {
	r.Labels["why"] = why
	return r
}
