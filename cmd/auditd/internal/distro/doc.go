// Package distro is what auditd is made of: the components of the OpenTelemetry
// Collector that it needs, and its own.
package distro
