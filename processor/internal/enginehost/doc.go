// Package enginehost holds the audit engine that the dyetrace components of one
// collector share.
//
// A component joins a Host when it starts and leaves it when it shuts down. The
// Host is known by the collector's service.instance.id and the setting engine: it
// owns the engine and its lock, the clock that ends windows while no spans come,
// the policy and its reloads, and the findings that wait for delivery. Why it is
// found through a table of the process and not through an extension is told in
// docs/adr/0009.
//
// Spans come from one kind of member only, so that none counts twice: from the
// processors where there are any, else from the connectors.
package enginehost
