package policyfile

import "github.com/dyetrace/dyetrace/internal/nearest"

// suggest returns the advice for an unknown word: the nearest known one, if it is
// near, else all that are known.
func suggest(word string, known []string) string {
	if best := nearest.Word(word, known); best != "" {
		return "did you mean " + quote(best) + "?"
	}
	return "known: " + join(known)
}
