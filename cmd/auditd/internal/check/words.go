package check

import (
	"fmt"

	"github.com/dyetrace/dyetrace/auditor"
)

// footer tells what the exit status rests on and what to do next.
func footer(o *Options, all []auditor.Finding, paged bool) []string {
	var out []string
	open := 0
	for _, f := range all {
		if f.State != auditor.StateWithdrawn {
			open++
		}
	}
	if n := failing(all, o.FailOn); open > 0 {
		out = append(out, fmt.Sprintf("%d of %d findings count for the exit status (--fail-on %s).", n, open, o.FailOn))
	}
	switch {
	case o.HTML != "" && paged:
		out = append(out, "The page is in "+o.HTML+".")
	case o.HTML != "":
		out = append(out, "The page could not be written to "+o.HTML+".")
	case open > 0:
		out = append(out, "--html FILE writes a page with the traces; --format json|junit|sarif is for tools.")
	}
	return out
}
