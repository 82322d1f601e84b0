package policyfile

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		glob, other string
		want        bool
	}{
		{"*", "", true},
		{"*", "a*b", true},
		{"a", "a", true},
		{"a", "ab", false},
		{"a", "*", false},
		{"a*", "a", true},
		{"a*", "ab*", true},
		{"ab*", "a*", false},
		{"*b", "ab", true},
		{"*b", "ba", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"*x*y*", "axbyc", true},
		{"*x*y*", "aybxc", false},
		{"a*b*c", "abbc", true},
		{"a*bb*c", "abc", false},
		{"**", "a", true},
		{"", "", true},
		{"", "a", false},
	} {
		require.Equal(t, c.want, covers(c.glob, c.other), "%q covers %q", c.glob, c.other)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"origins", "neutral", "twin_group", "env"}
	for word, want := range map[string]string{
		"orgins": `did you mean "origins"?`, "Origins": `did you mean "origins"?`, "twin-group": `did you mean "twin_group"?`,
		"enb": `did you mean "env"?`, "natural": `did you mean "neutral"?`,
		"zzz": "known: origins, neutral, twin_group, env", "": "known: origins, neutral, twin_group, env",
	} {
		require.Equal(t, want, suggest(word, known), word)
	}
}
