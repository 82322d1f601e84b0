package htmlreport

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// TestControlCharactersAreReplaced: neither markup nor data hold what rings,
// colours a terminal or turns text around.
func TestControlCharactersAreReplaced(t *testing.T) {
	const foul = "a\x1b[31m\a\u202eb\u2066\x9f"
	w := newWorld()
	steps := chain([7]string{base, gray, gray, gray, base, base, base}, all(gray))
	for i := range steps {
		steps[i].service, steps[i].op, steps[i].tag, steps[i].home = foul, foul, foul, foul
	}
	f := leakFault()
	f.explain, f.env = foul, foul
	w.broken(2, steps, f)
	in := w.input()
	in.Title, in.Inputs = foul, []string{foul}
	in.Report.Summary.Warnings[0].Message = foul
	page := render(t, in)
	require.False(t, strings.ContainsFunc(strings.ReplaceAll(page, "\n", ""), unfit), "in the markup")
	data, err := json.Marshal(decode(t, page).Strings)
	require.NoError(t, err)
	require.NotContains(t, string(data), `\u00`)
	for _, s := range decode(t, page).Strings {
		require.False(t, strings.ContainsFunc(s, unfit), "%q", s)
	}
	require.Contains(t, decode(t, page).Strings, "a?[31m??b??")
	require.Contains(t, decode(t, page).Hue, "a?[31m??b??")
	require.Equal(t, foul, in.Report.Findings[0].Explain, "the caller's input is left alone")
	require.Equal(t, []string{foul}, in.Inputs)
}

func unfit(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// TestCleanedCounts: counts of what becomes the same are added, times are kept.
func TestCleanedCounts(t *testing.T) {
	at := time.Unix(1, 2)
	hops := map[string]uint64{"a\x1b": 1, "a\a": 2, "b": 4}
	in := Input{
		Report:   auditor.Report{Findings: []auditor.Finding{{Time: at}}},
		Topology: []auditor.Edge{{Hops: maps.Clone(hops)}},
	}
	out := cleaned(in)
	require.Equal(t, map[string]uint64{"a?": 3, "b": 4}, out.Topology[0].Hops)
	require.Equal(t, hops, in.Topology[0].Hops)
	require.Equal(t, at, out.Report.Findings[0].Time)
}
