// Package traffic makes OTLP traces of a small shop whose outcome is known: how
// much of it is gray, and which traces have a fault. Tests and the soak program
// hold auditd against it.
//
// A trace has nine spans of five services: gateway, orders, stock and pay over
// RPC, and mailer, which takes messages of the topic ORDER. Gray workloads run
// beside the baseline ones; all of them report. The fault is an escape: orders,
// gray, calls stock without the tag.
package traffic
