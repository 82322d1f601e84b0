package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/check"
)

func TestFailOn(t *testing.T) {
	leak := auditor.Finding{Verdict: auditor.VerdictLeak, Certainty: auditor.Proven, State: auditor.StateOpen}
	maybe := auditor.Finding{Verdict: auditor.VerdictLeak, Certainty: auditor.Suspected, State: auditor.StateOpen}
	effect := auditor.Finding{Verdict: auditor.VerdictEscape, Effect: auditor.VerdictLeak, Certainty: auditor.Proven, State: auditor.StateOpen}
	gone := auditor.Finding{Verdict: auditor.VerdictLeak, Certainty: auditor.Proven, State: auditor.StateWithdrawn}
	for _, c := range []struct {
		list string
		want [4]bool // leak, maybe, effect, gone
	}{
		{"proven", [4]bool{true, false, true, false}},
		{"none", [4]bool{}},
		{"any", [4]bool{true, true, true, false}},
		{"all", [4]bool{true, true, true, false}},
		{"suspected", [4]bool{true, true, true, false}},
		{"leak", [4]bool{true, false, true, false}},
		{"leak:proven", [4]bool{true, false, true, false}},
		{"leak:suspected", [4]bool{true, true, true, false}},
		{"escape", [4]bool{false, false, true, false}},
		{"stranded, mutation", [4]bool{}},
		{"stranded,leak:suspected", [4]bool{true, true, true, false}},
	} {
		f, err := check.ParseFailOn(c.list)
		require.NoError(t, err, c.list)
		require.Equal(t, c.want, [4]bool{f.Match(leak), f.Match(maybe), f.Match(effect), f.Match(gone)}, c.list)
		require.Equal(t, c.list, f.String())
	}
	for list, want := range map[string]string{
		"": "unknown word", "leek": "unknown word", "leak,": "unknown word", "leak:sure": "unknown certainty",
		"none,leak": "stands alone", "ok": "unknown word", "undecidable": "unknown word", "proven:proven": "unknown word",
	} {
		_, err := check.ParseFailOn(list)
		require.ErrorContains(t, err, want, list)
	}
}
