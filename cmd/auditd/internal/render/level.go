package render

import "github.com/dyetrace/dyetrace/auditor"

// levelOf is SARIF's level: what is only suspected counts one less.
func levelOf(r auditor.Entry, c auditor.Certainty) string {
	high := r.Severity == auditor.SeverityCritical || r.Severity == auditor.SeverityHigh
	switch {
	case high && c == auditor.Proven:
		return "error"
	case high || c == auditor.Proven:
		return "warning"
	}
	return "note"
}

func helpURI(r auditor.Entry) string {
	if r.Anchor == "" {
		return ""
	}
	return projectURI + "/blob/main/docs/verdicts.md#" + r.Anchor
}
