// Package htmlreport writes the outcome of an audit as one self-contained web
// page (auditd check --html FILE, design.md section 5).
//
// The page asks the network for nothing: style, script and data are inside it,
// and its content security policy allows only these by their hash. All names
// in it come from outside; they reach the page through html/template or as
// escaped JSON that the script shows as text, never as markup.
package htmlreport

import (
	"fmt"
	"io"

	"github.com/dyetrace/dyetrace/auditor"
)

// Input is what the page shows. Write only reads it.
type Input struct {
	// Report is the outcome; its findings are expected worst first, and only the
	// open ones are shown.
	Report auditor.Report
	// Topology is the edges of the picture.
	Topology []auditor.Edge
	// Excerpts holds the spans of traces that have findings, in order of start.
	// How many of them reach the page is bounded (see Write).
	Excerpts map[auditor.TraceID][]auditor.TraceSpan
	// Title names the audit; "Gray release audit" when empty.
	Title string
	// Inputs are the names of what was read, for the page's head.
	Inputs []string
}

// Write renders the page to w. It fails only where w fails. The same input
// gives the same bytes.
//
// The page is bounded, and says where a bound cut: 20,000 spans of excerpts,
// 200 spans of one trace, 240 edges and 120 workloads of the picture, 50 shares
// of each kind. Findings are all in it.
func Write(w io.Writer, in Input) error {
	t, err := pageTemplate()
	if err != nil {
		return fmt.Errorf("htmlreport: page template: %w", err)
	}
	v, err := newView(in)
	if err != nil {
		return fmt.Errorf("htmlreport: %w", err)
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("htmlreport: write the page: %w", err)
	}
	return nil
}
