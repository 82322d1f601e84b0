// Package e2e has tests only: services that use the instrumentation over real
// connections, and auditd, built from this repository and run as a program,
// that audits the spans they left.
package e2e
