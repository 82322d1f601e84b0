// Package dyetraceconnector is the OpenTelemetry Collector connector of dyetrace:
// it judges the spans of traces pipelines and gives out findings to logs pipelines
// (package findinglog) and counts to metrics pipelines. docs/collector.md tells how
// to use it.
package dyetraceconnector

//go:generate env GOWORK=off go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
