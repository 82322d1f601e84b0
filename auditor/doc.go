// Package auditor is the audit engine of dyetrace: it takes the facts of spans
// and says which hops lost, changed or invented the env tag, which were served
// by the wrong environment, and which tagged messages nobody consumed.
//
// The package is pure: standard library only, no I/O, no logging, no clock and
// no goroutines. Time comes from the spans and from the caller, so the same
// input gives the same verdicts in any order of arrival.
//
// From a finding to its rule: every [Verdict] and [Code] has an entry in the
// catalogue (catalogue.go) that names the file of its rule (rule_*.go).
package auditor
