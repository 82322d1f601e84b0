// Package findinglog is how findings travel as OpenTelemetry logs: one log record
// for each finding, its upgrades and its withdrawal. The dyetrace connector
// appends them; whoever stores or alerts on findings decodes them.
//
// A record is complete: with its attributes, its trace and span id, its time and
// its body the finding is what the engine gave, field by field. The attributes
// are those of the table in docs/collector.md; an attribute whose value would be
// empty is left out. Records of one finding share [KeyID]; the one with the
// highest revision of one run tells how things stand.
package findinglog
