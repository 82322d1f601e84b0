// Package auditdexporter is the collector exporter "auditd": it puts findings
// (package findinglog) and the counts of the dyetrace connector into the store of
// the extension auditd. A call returns when what it was given is durable; what it
// returns as an error may be sent again and then changes nothing twice. It has no
// queue, so that spans are acknowledged only when their findings are stored.
package auditdexporter
