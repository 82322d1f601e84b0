package render

import (
	"encoding/json"
	"io"

	"github.com/dyetrace/dyetrace/auditor"
)

// JSON writes the report as design.md section 5 fixes it; lists and maps are
// never null.
func JSON(w io.Writer, in Input) error {
	r := in.Report
	r.Version = 1
	r.Shares = list(r.Shares)
	r.Findings = list(r.Findings)
	r.Summary.Warnings = list(r.Summary.Warnings)
	r.Summary.Undecidable = table(r.Summary.Undecidable)
	r.Summary.Findings = table(r.Summary.Findings)
	r.Summary.Placement.Verdicts = table(r.Summary.Placement.Verdicts)
	r.Summary.Placement.Undecidable = table(r.Summary.Placement.Undecidable)
	return writeJSON(w, r)
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func table[K auditor.Reason | auditor.Verdict](m map[K]uint64) map[K]uint64 {
	if m == nil {
		return map[K]uint64{}
	}
	return m
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
