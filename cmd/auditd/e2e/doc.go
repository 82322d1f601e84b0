// Package e2e tests the auditd binary as its users run it: as a process that takes
// OTLP over the network, is killed, runs out of disk, and gets bad input.
package e2e
