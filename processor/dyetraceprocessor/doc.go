// Package dyetraceprocessor is the OpenTelemetry Collector processor of dyetrace:
// spans go through at once and unheld, and a span that brings a violation to light
// is flagged with gray.audit.* attributes, so that a later component can keep its
// trace. docs/collector.md tells how to use it.
package dyetraceprocessor

//go:generate env GOWORK=off go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
