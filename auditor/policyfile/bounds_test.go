package policyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

// laughs is the billion laughs: each line is ten times the one before.
func laughs(first string, lines int) string {
	var b strings.Builder
	b.WriteString("version: 1\nx-0: &a0 [" + first + "]\n")
	for i := 1; i < lines; i++ {
		fmt.Fprintf(&b, "x-%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// manyAliases makes n lists out of one of m texts.
func manyAliases(n, m int) string {
	return "version: 1\nx-t: &t [" + strings.TrimSuffix(strings.Repeat("a, ", m), ", ") + "]\nconsumers:\n" +
		strings.Repeat("  - {topic: a, ignores: *t}\n", n)
}

func lines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// nested indents each line by one more.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// Files made to cost too much are refused with the reason, whatever their form.
// The counts are far above the bounds: without them the tests would not end.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"size", "version: 1\n" + strings.Repeat("#", policyfile.MaxBytes), "more than 1048576 bytes"},
		{"brackets", strings.Repeat("[", 90_000), "p:1:33: nested deeper than 32 levels"},
		{"braces", strings.Repeat("{a: ", 30_000), "nested deeper than 32 levels"},
		{"dashes", strings.Repeat("- ", 90_000), "nested deeper than 32 levels"},
		{"question marks", strings.Repeat("? ", 90_000), "nested deeper than 32 levels"},
		{"colons", strings.Repeat("a: ", 40_000), "nested deeper than 32 levels"},
		{"indentation", nested(1_000), "p:33:34: nested deeper than 32 levels"},
		{"keys", "version: 1\n" + lines(30_000, "x-%d: 1\n"), "p:1001:"},
		{"keys in braces", "version: 1\nx-a: {" + lines(20_000, "a%d: 1, ") + "}\n", "more than 1000 keys in one mapping"},
		{"keys in an entry", "version: 1\nconsumers:\n  - a: 1\n" + lines(20_000, "    x-%d: 1\n"), "more than 1000 keys in one mapping"},
		{"anchors", strings.Repeat("&a ", 40_000), "more than 1000 anchors, aliases and tags"},
		{"aliases", strings.Repeat("*a ", 40_000), "more than 1000 anchors, aliases and tags"},
		{"tags", strings.Repeat("!a ", 40_000), "more than 1000 anchors, aliases and tags"},
		{"tokens", "version: 1\norigins: [" + strings.Repeat("a,", 60_000) + "]\n", "more than 100000 YAML tokens"},
		{"laughs read", laughs("lol", 90) + "origins: *a89\n", `origins[0]: needs text, not a list`},
		{"aliases read", manyAliases(900, 1_000), "more than 100000 values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := policyfile.Parse("p", []byte(c.data))
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 100_000)
		})
	}
}

// What is in free keys is never expanded.
func TestLaughsInFreeKeysAreFree(t *testing.T) {
	got, _, err := policyfile.Parse("p", []byte(laughs("lol", 90)))
	require.NoError(t, err)
	want, _, err := policyfile.Parse("p", []byte("version: 1\n"))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// The bounds leave room for large honest policies.
func TestLargePolicy(t *testing.T) {
	const rules = 4_000
	var b strings.Builder
	b.WriteString("version: 1\nconsumers:\n")
	for i := range rules {
		fmt.Fprintf(&b, "  - topic: T%d\n    group: g%d\n    ignores: [gray, blue]\n", i, i)
	}
	got, warnings, err := policyfile.Parse("p", []byte(b.String()))
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.Len(t, got.Consumers, rules)
	require.Equal(t, "g3999", got.Consumers[rules-1].Group)
}

func TestManyProblemsAreCounted(t *testing.T) {
	_, _, err := policyfile.Parse("p", []byte("version: 1\norigins:\n"+lines(500, "  - %d\n")))
	var all policyfile.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 201)
	require.Equal(t, "and 300 more errors", all[200].Msg)

	_, warnings, err := policyfile.Parse("p", []byte("version: 1\norigins:\n"+strings.Repeat("  - a\n", 500)))
	require.NoError(t, err)
	require.Len(t, warnings, 201)
	require.Equal(t, "and 299 more warnings", warnings[200].Msg)
}

// Names of a file come into messages escaped and cut: they cannot move a
// terminal's cursor or fill a log.
func TestMessagesAreSafe(t *testing.T) {
	_, _, err := policyfile.Parse("p", []byte("version: 1\n\"\\e[2J\": 1\nfallback: \"\\e[2J"+strings.Repeat("長", 60)+"\"\nalive: [{\"a\\nb\": 1}]\n"+strings.Repeat("k", 500)+": 1\n"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\x1b")
	for line := range strings.SplitSeq(err.Error(), "\n") {
		require.True(t, strings.HasPrefix(line, "p:"), line)
		require.Less(t, len(line), 600)
	}
}
