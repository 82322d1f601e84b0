package isolation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// messages is every combination that filters can tell apart.
func messages() []map[string]string {
	var all []map[string]string
	for _, env := range []string{"", "gray", "gray2", "base", "it's"} {
		for _, tags := range []string{"", "A", "B", "it's"} {
			for _, a := range []string{"", "1", "9"} {
				for _, b := range []string{"", "x", "y"} {
					m := map[string]string{}
					for name, v := range map[string]string{"gray_env": env, "TAGS": tags, "a": a, "b": b} {
						if v != "" {
							m[name] = v
						}
					}
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// userTakes is what a selector alone takes.
func userTakes(t *testing.T, s Selector) func(map[string]string) bool {
	t.Helper()
	if s.Type == SelectorSQL92 {
		e, err := parseSQL(s.Expression)
		require.NoError(t, err)
		return func(m map[string]string) bool { return matches(e, m) }
	}
	if s.Expression == "" || s.Expression == "*" {
		return func(map[string]string) bool { return true }
	}
	var tags []string
	for part := range strings.SplitSeq(s.Expression, "||") {
		tags = append(tags, strings.Trim(part, " "))
	}
	return func(m map[string]string) bool { return m["TAGS"] != "" && slices.Contains(tags, m["TAGS"]) }
}

func selectors() []Selector {
	return []Selector{
		{},
		{SelectorTag, "*"},
		{"", "A"},
		{SelectorTag, "A || B"},
		{SelectorTag, " A||  it's ||A || "},
		{SelectorSQL92, "a > 5 or b = 'x'"}, // what splitting at "or" made into an "and" (S1)
		{SelectorSQL92, "a > 5 AND b = 'x' OR TAGS = 'A'"},
		{SelectorSQL92, "b = ' and ' or b = 'x'"},
		{SelectorSQL92, "b IS NULL"},
		{SelectorSQL92, "NOT (b = 'x')"},
		{SelectorSQL92, "TAGS IN ('it''s', 'B')"},
		{SelectorSQL92, "gray_env = 'gray2' OR a BETWEEN 0 AND 5"},
		{SelectorSQL92, "(((a = 1)))"},
		{SelectorSQL92, "b = '--' OR b = '/* (' OR b = 'y'"},
		{SelectorSQL92, "TRUE"},
	}
}

func strict() *Rules {
	return &Rules{Consumers: []ConsumerRule{{Ignores: []string{"gray", "it's"}}}}
}

// TestWhoTakesWhat holds every plan of both schemes against the rule: the user's
// selector, and then a twin its own tag, the baseline group what it does not
// refuse.
func TestWhoTakesWhat(t *testing.T) {
	forbid := &Rules{FallbackForbidden: true, Consumers: []ConsumerRule{{Serves: []string{"gray2"}}}}
	lonely := &Rules{FallbackForbidden: true, Baseline: []string{""}}
	for _, c := range []struct {
		name  string
		rules *Rules
		home  string
		takes func(env string) bool
	}{
		{"twin", strict(), "gray", func(env string) bool { return env == "gray" }},
		{"twin without any rules", nil, "gray2", func(env string) bool { return env == "gray2" }},
		{"baseline, nothing refused", nil, "", func(string) bool { return true }},
		{"baseline by name", nil, "base", func(string) bool { return true }},
		{"baseline, strict", strict(), "", func(env string) bool { return env != "gray" && env != "it's" }},
		{"baseline, no fallback", forbid, "", func(env string) bool { return env == "" || env == "base" || env == "gray2" }},
		{"baseline, no fallback, nobody served", lonely, "", func(env string) bool { return env == "" }},
	} {
		for _, name := range []Name{NameSQL92, NameProperty} {
			for _, user := range selectors() {
				t.Run(fmt.Sprintf("%s/%s/%s %s", c.name, name, user.Type, user.Expression), func(t *testing.T) {
					s, err := New(name, "")
					require.NoError(t, err)
					plan, err := s.Take(c.rules, Consumer{"ORDER", "order", c.home, user}, time.Time{})
					require.NoError(t, err)
					alone, brokerTakes := userTakes(t, user), userTakes(t, plan.Selector)
					for _, m := range messages() {
						want := alone(m) && c.takes(m["gray_env"])
						own := plan.Filter.Accept(m["gray_env"], 0)
						require.Equal(t, want, brokerTakes(m) && own, "%v by %q", m, plan.Selector.Expression)
						if plan.FilteredBy != FilterWrapper {
							require.Equal(t, want, brokerTakes(m), "the broker alone: %v by %q", m, plan.Selector.Expression)
						}
						require.True(t, plan.Filter.Accept(m["gray_env"], 1), "a redelivery stays with its group")
					}
				})
			}
		}
	}
}

func TestExpressions(t *testing.T) {
	s, err := New(NameSQL92, "")
	require.NoError(t, err)
	for _, c := range []struct {
		home string
		user Selector
		want Selector
	}{
		{"", Selector{SelectorTag, "A || B"}, Selector{SelectorSQL92, "(gray_env IS NULL OR gray_env NOT IN ('gray', 'it''s')) AND (TAGS IN ('A', 'B'))"}},
		{"", Selector{}, Selector{SelectorSQL92, "(gray_env IS NULL OR gray_env NOT IN ('gray', 'it''s'))"}},
		{"gray", Selector{SelectorTag, "*"}, Selector{SelectorSQL92, "gray_env = 'gray'"}},
		{"gray", Selector{SelectorSQL92, "a > 5 or b = 'x'"}, Selector{SelectorSQL92, "gray_env = 'gray' AND (a > 5 or b = 'x')"}},
	} {
		plan, err := s.Take(strict(), Consumer{"ORDER", "order", c.home, c.user}, time.Time{})
		require.NoError(t, err)
		require.Equal(t, c.want, plan.Selector)
	}
	// Nothing to filter: the user's own, which works without property filters.
	plan, err := s.Take(nil, Consumer{"ORDER", "order", "", Selector{SelectorTag, "A || B"}}, time.Time{})
	require.NoError(t, err)
	require.Equal(t, Selector{SelectorTag, "A || B"}, plan.Selector)
	require.Equal(t, FilterNone, plan.FilteredBy)
}

func TestSelectorsThatCannotBeComposed(t *testing.T) {
	for _, c := range []struct {
		selector Selector
		want     string
	}{
		{Selector{SelectorSQL92, "a = 1) OR (b = 2"}, "character 6: this bracket was never opened"},
		{Selector{SelectorSQL92, "(a = 1"}, "character 1: this bracket is never closed"},
		{Selector{SelectorSQL92, "a = 'x"}, "character 5: the string that begins here has no end"},
		{Selector{SelectorSQL92, "ä = 1"}, "character 1: 'ä' has no meaning"},
		{Selector{SelectorSQL92, "b = 'ä' AND \"x\" = 1"}, "character 13: '\"' has no meaning"},
		{Selector{SelectorSQL92, "a = 1 -- all"}, "character 7: comments are not possible"},
		{Selector{SelectorSQL92, "a /* x */ = 1"}, "character 3: comments are not possible"},
		{Selector{SelectorSQL92, "a = 1; b"}, "character 6: ';' has no meaning"},
		{Selector{SelectorSQL92, " ( ) "}, "the expression is empty"},
		{Selector{SelectorSQL92, ""}, "the expression is empty"},
		{Selector{SelectorTag, " || "}, "selects no message tag"},
		{Selector{"XPATH", "x"}, `selector type "XPATH" is unknown`},
	} {
		s, err := New(NameSQL92, "")
		require.NoError(t, err)
		// Refused even where nothing is composed yet: rules may change any time.
		_, err = s.Take(nil, Consumer{"ORDER", "order", "", c.selector}, time.Time{})
		require.ErrorContains(t, err, c.want)
	}
}

// FuzzComposition: whatever a user writes, in brackets beside the scheme's
// condition it means what it means alone, or is refused.
func FuzzComposition(f *testing.F) {
	for _, s := range selectors() {
		f.Add(s.Expression, "gray", "1", "x")
	}
	for _, s := range []string{
		"a = 1) OR (b = 2", "a = 1 -- ", "a = 1 /*", "a = '", "''''", "b = 'x''' OR 'y' = b", ")(", "(a = 1) OR (b = 'x')",
		"a > 5 -", "a IN (1, 2", "x' OR 'a' = 'a", "NOT a = 1 OR b = 'y'", "--\na = 1", "a=1--\n", "TRUE OR", "\x00", "'\\'",
	} {
		f.Add(s, "it's", "9", "y")
	}
	f.Fuzz(func(t *testing.T, user, env, a, b string) {
		if CheckSQL92(user) != nil {
			return
		}
		alone, aloneErr := parseSQL(user)
		for _, own := range []condition{equals("gray_env", env), notRefused("gray_env", Tags{names: []string{"gray", env}})} {
			first, err := parseSQL(string(own))
			require.NoError(t, err, "%q", own)
			text := compose(own, condition(user)).Expression
			both, err := parseSQL(text)
			require.Equal(t, aloneErr == nil, err == nil, "%q: alone %v, composed %v", text, aloneErr, err)
			if err != nil {
				continue
			}
			for _, m := range append(messages(), map[string]string{"gray_env": env, "a": a, "b": b}) {
				require.Equal(t, matches(first, m) && matches(alone, m), matches(both, m), "%q with %v", text, m)
			}
		}
	})
}
