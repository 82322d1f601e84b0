// Package sdk holds the parts that need OpenTelemetry's SDK: a sampler that
// keeps tagged traffic and writes the witness, a span processor that copies the
// env tag to spans, a resource detector for the workload's home, and [Setup],
// which installs them all. Each is usable alone.
package sdk
