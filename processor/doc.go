// Package processor holds the OpenTelemetry Collector components of dyetrace. It
// has no code of its own, only the tests that run them together in a collector:
// see dyetraceprocessor, dyetraceconnector, findinglog and policysource.
package processor
