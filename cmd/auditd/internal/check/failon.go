package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// FailOn says which findings make the exit status 1.
type FailOn struct {
	text  string
	terms []failTerm
}

// failTerm is one entry of the list; an empty verdict means any.
type failTerm struct {
	verdict   auditor.Verdict
	suspected bool // suspected ones too
}

// DefaultFailOn is every proven finding.
const DefaultFailOn = "proven"

// FailOnHelp tells the words of the list.
const FailOnHelp = "none; proven (every proven finding); suspected, any or all (every finding); " +
	"a verdict (leak: proven leaks, and escapes whose effect is a leak); a verdict with its least certainty (leak:suspected)"

// violations are the verdicts that a list may name.
func violations() []auditor.Verdict {
	var out []auditor.Verdict
	for _, entry := range auditor.Catalogue() {
		if entry.Severity != auditor.SeverityNone {
			out = append(out, entry.Verdict)
		}
	}
	return out
}

// ParseFailOn reads a comma-separated list.
func ParseFailOn(list string) (FailOn, error) {
	f := FailOn{text: list}
	words := strings.Split(list, ",")
	for _, w := range words {
		w = strings.TrimSpace(w)
		if w == "none" {
			if len(words) > 1 {
				return FailOn{}, fmt.Errorf("--fail-on: none stands alone, not in %q", list)
			}
			return f, nil
		}
		t, err := parseFailTerm(w)
		if err != nil {
			return FailOn{}, err
		}
		f.terms = append(f.terms, t)
	}
	return f, nil
}

func parseFailTerm(word string) (failTerm, error) {
	verdict, certainty, given := strings.Cut(word, ":")
	switch {
	case given && certainty != string(auditor.Proven) && certainty != string(auditor.Suspected):
		return failTerm{}, fmt.Errorf("--fail-on: unknown certainty %q in %q (use proven or suspected)", certainty, word)
	case !given && verdict == string(auditor.Proven):
		return failTerm{}, nil
	case !given && slices.Contains([]string{"any", "all", string(auditor.Suspected)}, verdict):
		return failTerm{suspected: true}, nil
	case !slices.Contains(violations(), auditor.Verdict(verdict)):
		return failTerm{}, fmt.Errorf("--fail-on: unknown word %q (use none, proven, suspected, any, or verdicts: %s)", word, joinVerdicts())
	}
	return failTerm{auditor.Verdict(verdict), certainty == string(auditor.Suspected)}, nil
}

func joinVerdicts() string {
	var out []string
	for _, v := range violations() {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}

// Match reports whether the list names the finding, by its verdict or effect.
func (f FailOn) Match(x auditor.Finding) bool {
	return x.State != auditor.StateWithdrawn && slices.ContainsFunc(f.terms, func(t failTerm) bool {
		named := t.verdict == "" || t.verdict == x.Verdict || t.verdict == x.Effect
		return named && (t.suspected || x.Certainty == auditor.Proven)
	})
}

// String gives the list as it was written.
func (f FailOn) String() string { return f.text }
