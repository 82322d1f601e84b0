// Package promql names what the auditor exposes to Prometheus and builds the
// expressions that alerts and panels share.
package promql

// Metrics, as the connector's names (processor/dyetraceconnector) read in
// Prometheus: dots become underscores, units in braces go, counters end in _total.
const (
	Traffic          = "gray_traffic_total"
	Findings         = "gray_findings_total"
	Stranded         = "gray_messages_stranded_total"
	Hops             = "gray_hops_total"
	Edges            = "gray_edges_total"
	HopsSeen         = "gray_hops_seen_total"
	HopsJudged       = "gray_hops_judged_total"
	HopsUnjudged     = "gray_hops_undecidable_total"
	PlacesSeen       = "gray_placements_seen_total"
	PlacesJudged     = "gray_placements_judged_total"
	PlacesUnjudged   = "gray_placements_undecidable_total"
	Spans            = "gray_audit_spans_total"
	Duplicates       = "gray_audit_duplicates_total"
	Invalid          = "gray_audit_invalid_total"
	Late             = "gray_audit_late_total"
	Evicted          = "gray_audit_evicted_total"
	Facts            = "gray_audit_facts"
	Messages         = "gray_audit_messages"
	FindingsOpen     = "gray_audit_findings_open"
	Pending          = "otelcol_connector_dyetrace_findings_pending"
	StoreFailures    = "auditd_store_failures_total"
	StoreSize        = "auditd_store_size_bytes"
	StoreSeconds     = "auditd_store_write_duration_seconds_bucket"
	PolicyRefused    = "auditd_policy_refused_total"
	overflowedSeries = `{__name__=~"gray_(hops|traffic|edges|findings|messages_stranded)_total",otel_metric_overflow="true"}`
)

// Labels. An empty label and a missing one are the same to Prometheus.
const (
	Job         = "job"
	Service     = "service_name"
	Home        = "gray_home"
	Env         = "gray_env"       // "": baseline
	Shown       = "gray_env_shown" // the tag that the span shows, where Env is the one carried
	PeerService = "gray_peer_service_name"
	PeerHome    = "gray_peer_home"
	Destination = "messaging_destination_name" // "": not a message
	Kind        = "gray_hop_kind"
	Verdict     = "gray_audit_verdict"
	Certainty   = "gray_audit_certainty"
	Code        = "gray_audit_code"
	Reason      = "gray_audit_reason"
	Blame       = "gray_blame_service_name"
	Basis       = "gray_basis"
	Overflow    = "otel_metric_overflow" // "true": what is past the connector's max_series
)

// Recorded series, named level:metric:operation as Prometheus advises. Each keeps
// the label job: two auditors of one job are one, two jobs are two.
const (
	ServiceTraffic  = "job_service_env_basis:gray_traffic:rate5m"
	ServiceBases    = "job_service:gray_traffic_bases:count5m"
	ServiceShare    = "job_service_env:gray_share:ratio_rate5m"
	TopicTraffic    = "job_destination_env_basis:gray_traffic:rate5m"
	TopicBases      = "job_destination:gray_traffic_bases:count5m"
	TopicShare      = "job_destination_env:gray_share:ratio_rate5m"
	HopCoverage     = "job:gray_hops_coverage:ratio_rate5m"
	PlaceCoverage   = "job:gray_placements_coverage:ratio_rate5m"
	ServiceCoverage = "job_service:gray_hops_coverage:ratio_rate5m"
	NewFindings     = "job_finding:gray_findings:new5m"
	NewStranded     = "job_destination_env:gray_messages_stranded:new5m"
)
