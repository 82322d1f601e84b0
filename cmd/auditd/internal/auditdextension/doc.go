// Package auditdextension is the collector extension "auditd": it owns the store,
// serves the HTTP API with /metrics, keeps the versions of the policy and hands
// them to the dyetrace components (package policysource), and prunes the store.
// The exporter auditd writes through it.
package auditdextension
