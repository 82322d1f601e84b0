// Package e2e has tests only: a chain of services over HTTP, gRPC and RocketMQ on a
// real broker, audited by auditd, which is built from this repository and run as a
// program. It is a module of its own so that the wrapper's stays small.
package e2e
