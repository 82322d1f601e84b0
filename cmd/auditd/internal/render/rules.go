package render

import "github.com/dyetrace/dyetrace/auditor"

// rules lists the violations that are looked for, the most severe first.
func rules() []auditor.Entry {
	var out []auditor.Entry
	for _, entry := range auditor.Catalogue() {
		if entry.Severity != auditor.SeverityNone {
			out = append(out, entry)
		}
	}
	return out
}

func severityRank(v auditor.Verdict) int {
	all := rules()
	for i := range all {
		if all[i].Verdict == v {
			return i
		}
	}
	return len(all)
}
