package rules

import (
	"fmt"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

// Runbook is where the alerts are explained, each under its name in lower case.
const Runbook = "https://github.com/dyetrace/dyetrace/blob/main/docs/alerts.md"

// memory is how long an alert stays after the last finding, so that one that comes
// every few minutes is one alert.
const memory = "10m"

// patience is how long an alert waits before it fires, by severity. A proven
// finding is evidence and cannot be noise, so what is critical fires at once, and
// what is high after the evaluations that gather a burst into one alert. What is
// medium has to go on: a single finding is over (window and memory) before.
func patience(s auditor.Severity) string {
	switch s {
	case auditor.SeverityCritical:
		return "0s"
	case auditor.SeverityHigh:
		return "1m"
	default:
		return "20m"
	}
}

func findings() []Rule {
	var out []Rule
	for _, e := range auditor.Catalogue() {
		switch {
		case e.Severity == auditor.SeverityNone:
		case e.Axis == auditor.AxisConservation:
			out = append(out, stranded(e))
		default:
			out = append(out, proven(e))
		}
	}
	return append(out, suspected())
}

// AlertName is the name of a verdict's alert, such as GrayCrossEnv.
func AlertName(v auditor.Verdict) string {
	words := strings.Split(string(v), "_")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return "Gray" + strings.Join(words, "")
}

func proven(e auditor.Entry) Rule {
	of := promql.Select(promql.NewFindings, promql.Is(promql.Verdict, string(e.Verdict)), promql.Is(promql.Certainty, string(auditor.Proven)))
	return alert(AlertName(e.Verdict), e.Severity, patience(e.Severity),
		promql.Sum(lately(of), promql.Job, promql.Service, promql.Home, promql.Env, promql.Code, promql.Blame)+" > 0",
		e.Title+" at {{ $labels.service_name }}",
		fmt.Sprintf(`%s Up to {{ printf "%%.0f" $value }} proven findings in 5 minutes at {{ $labels.service_name }} (home {{ $labels.gray_home }}), tag {{ $labels.gray_env }}. `+
			`{{ with $labels.gray_blame_service_name }}To blame: {{ . }}. {{ end }}{{ with $labels.gray_audit_code }}Code {{ . }}. {{ end }}%s`, e.Explain, e.Advice))
}

// stranded counts suspected findings too: from traces alone it is always suspected.
func stranded(e auditor.Entry) Rule {
	return alert(AlertName(e.Verdict), e.Severity, patience(e.Severity),
		promql.Sum(lately(promql.NewStranded), promql.Job, promql.Destination, promql.Env)+" > 0",
		"Messages with the tag {{ $labels.gray_env }} in {{ $labels.messaging_destination_name }} are not consumed",
		fmt.Sprintf(`%s Up to {{ printf "%%.0f" $value }} messages in 5 minutes. %s`, e.Explain, e.Advice))
}

func suspected() Rule {
	of := promql.Select(promql.NewFindings, promql.Is(promql.Certainty, string(auditor.Suspected)), promql.Not(promql.Verdict, string(auditor.VerdictStranded)))
	return alert("GraySuspected", severityInfo, "30m",
		promql.Sum(lately(of), promql.Job, promql.Verdict, promql.Service, promql.Blame)+" > 0",
		"Suspected {{ $labels.gray_audit_verdict }} at {{ $labels.service_name }} goes on",
		`Likely, but a premise of the proof was not seen. Up to {{ printf "%.0f" $value }} findings in 5 minutes, for half an hour. `+
			"Raise the coverage of the services around it, or declare the missing premise in the policy.")
}

func lately(recorded string) string { return fmt.Sprintf("max_over_time(%s[%s])", recorded, memory) }

// severityInfo is for what the catalogue has no severity: it is no violation.
const severityInfo auditor.Severity = "info"

func alert(name string, s auditor.Severity, wait, expr, summary, text string) Rule {
	return Rule{
		Alert: name, Expr: expr, For: wait,
		Labels: map[string]string{"severity": string(s)},
		Annotations: map[string]string{
			"summary": summary, "description": text, "runbook_url": Runbook + "#" + strings.ToLower(name),
		},
	}
}
