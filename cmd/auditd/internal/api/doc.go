// Package api is the HTTP API of auditd: findings, shares, topology, coverage, the
// policy, and a stream of what changes, as openapi.yaml describes. It knows the
// store and the policy service, and nothing of collectors.
//
// Errors are problem details (RFC 9457). Readers and writers of the policy have
// different tokens; without tokens the API answers on the loopback interface only.
package api
