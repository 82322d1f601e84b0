package policysource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

const full = `version: 1
keys: {env: [env]}                 # the auditor's business
x-lists: &tags [gray, gray2]
baseline: [prod, ""]
neutral: [ID_*]
fallback: forbid
twin_group: "{group}-{env}"
twin_topic: "{topic}-{env}"
some_later_field: {a: [1, 2]}
valid_from: 2026-11-21T12:00:00+01:00
consumers:
  - {topic: ORDER, group: audit, serves: *tags}
  - topic: "*"
    ignores: [gray]
isolation:
  - {topic: ORDER, group: order, scheme: property, ignores: [gray], cut: 2026-11-21T12:05:00}
  - {topic: PAY, group: pay, scheme: queue, gray_queues: 1, state: normal, epoch: 3}
  - {topic: BILL, group: bill}
`

func TestParse(t *testing.T) {
	got, err := Parse("policy.yaml", []byte("\ufeff"+full))
	require.NoError(t, err)
	require.Equal(t, &isolation.Rules{
		Baseline: []string{"prod", ""}, Neutral: []string{"ID_*"}, FallbackForbidden: true,
		TwinGroupTemplate: "{group}-{env}", TwinTopicTemplate: "{topic}-{env}",
		ValidFrom: time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC),
		Consumers: []isolation.ConsumerRule{
			{Topic: "ORDER", Group: "audit", Serves: []string{"gray", "gray2"}},
			{Topic: "*", Ignores: []string{"gray"}},
		},
		Isolation: []isolation.IsolationRule{
			{Topic: "ORDER", Group: "order", Scheme: isolation.NameProperty, Ignores: []string{"gray"}, Cut: time.Date(2026, 11, 21, 12, 5, 0, 0, time.UTC)},
			{Topic: "PAY", Group: "pay", Scheme: isolation.NameQueue},
			{Topic: "BILL", Group: "bill"},
		},
	}, got)
	least, err := Parse("p", []byte("version: 1\n"))
	require.NoError(t, err)
	require.Equal(t, &isolation.Rules{}, least)
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "# nothing", "p: need one YAML document with a policy, have 0"},
		{"no version", "fallback: allow", "p: version is missing; write version: 1"},
		{"a later version", "fallback: allow\nversion: 2", "p:2:10: version: this release knows version 1 only, not 2"},
		{"broken", "version: 1\nconsumers: [", "p:2:12: "},
		{"twice", "version: 1\nversion: 1", "p:2:1: "},
		{"two documents", "version: 1\n---\nversion: 1", "p: need one YAML document"},
		{"no mapping", "- version", "p:1:1: "},
		{"type", "version: 1\nconsumers:\n  - {topic: [A]}", "p:3:13: "},
		{"list wanted", "version: 1\nconsumers: {topic: A}", "p:2:"},
		{"fallback", "version: 1\nfallback: never", `p:2:11: fallback: unknown value "never"`},
		{"valid_from", "version: 1\nvalid_from: soon", `p:2:13: valid_from: "soon" is no time`},
		{"baseline as tag", "version: 1\nconsumers:\n  - {topic: A}\n  - {ignores: [gray, base]}", `p:4:22: consumers[1].ignores[1]: "base" means baseline`},
		{"glob as tag", "version: 1\nconsumers:\n  - {serves: ['*']}", "p:3:15: consumers[0].serves[0]: tags are no globs"},
		{"contradiction", "version: 1\nconsumers:\n  - {serves: [g], ignores: [g]}", `p:3:29: consumers[0].ignores[0]: "g" is in serves as well`},
		{"isolation of nothing", "version: 1\nisolation:\n  - {topic: A}", "isolation[0]: needs topic and group"},
		{"scheme", "version: 1\nisolation:\n  - {topic: A, group: g, scheme: sql}", `p:3:34: isolation[0].scheme: unknown scheme "sql"`},
		{"cut", "version: 1\nisolation:\n  - {topic: A, group: g, cut: 12:00}", `p:3:31: isolation[0].cut: "12:00" is no time`},
		{"template", "version: 1\ntwin_group: gray", `p: twin_group "gray": needs {group}`},
		{"twin taken", "version: 1\nisolation:\n  - {topic: A, group: g, ignores: [x]}\n  - {topic: A, group: g_x}", "which is a baseline group"},
		{"too long", "version: 1\n" + strings.Repeat("# x\n", maxBytes/4), "p: more than 1048576 bytes"},
		{"too many tokens", "version: 1\nbaseline: [" + strings.Repeat("a,", maxTokens/2) + "]", "are more than a policy has"},
		{"too many aliases", "version: 1\nx-a: &a [" + strings.Repeat("a,", 2000) + "]\nx-b: [" + strings.Repeat("*a,", 2000) + "]", "2000 aliases are more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("p", []byte(c.yaml))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestPoliciesOfTheAuditor: what auditd takes is taken here.
func TestPoliciesOfTheAuditor(t *testing.T) {
	var tested int
	for _, pattern := range []string{"../../../../examples/*/policy.yaml", "../../../../auditor/policyfile/testdata/valid/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = Parse(file, data)
			require.NoError(t, err)
			tested++
		}
	}
	require.Positive(t, tested)
}

// TestDocs holds the example of the docs: its policy gives its expressions.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../../../../docs/instrumentation/rocketmq-schemes.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(data), "```yaml\n")
	require.True(t, found)
	example, _, _ := strings.Cut(rest, "```")
	rules, err := Parse("docs", []byte(example))
	require.NoError(t, err)
	scheme, err := isolation.New(rules.Scheme("ORDER", "order"), "")
	require.NoError(t, err)
	for _, home := range []string{"", "gray"} {
		plan, err := scheme.Take(rules, isolation.Consumer{
			Topic: "ORDER", Group: "order", Home: home, Selector: isolation.Selector{Expression: "A || B"},
		}, rules.Isolation[0].Cut)
		require.NoError(t, err)
		require.Contains(t, rest, "\n"+plan.Selector.Expression+"\n")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("version: 1\nconsumers: [{serves: [g], ignores: [g]}]"))
	f.Add([]byte("a: &a [*a]\nversion: 1"))
	f.Add([]byte("version: 1\n<<: {fallback: forbid}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := Parse("p", data)
		require.Equal(t, err != nil, rules == nil)
	})
}
