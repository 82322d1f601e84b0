package dashboards_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/dashboards/internal/rules"
)

const rulesFile = "prometheus/dyetrace.rules.yml"

func TestRulesAreAsGenerated(t *testing.T) {
	text, err := rules.Build().YAML()
	require.NoError(t, err)
	file, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	require.Equal(t, string(text), string(file), "run go generate ./dashboards")
}

func TestPromtool(t *testing.T) {
	promtool := program(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", rulesFile},
		{"test", "rules", "prometheus/dyetrace.rules.test.yml"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// Each alert is tried in promtool's tests, by its name and by why it fires.
func TestEveryAlertIsTested(t *testing.T) {
	text, err := os.ReadFile("prometheus/dyetrace.rules.test.yml")
	require.NoError(t, err)
	for _, r := range alerts() {
		require.Contains(t, string(text), r.Alert)
		if why := r.Labels["why"]; why != "" {
			require.Regexp(t, `why(="|: )`+why, string(text))
		}
	}
}

// Every violation has its alert, with the severity of the catalogue.
func TestEveryViolationHasAnAlert(t *testing.T) {
	severity := map[string]string{}
	for _, r := range alerts() {
		severity[r.Alert] = r.Labels["severity"]
	}
	for _, e := range auditor.Catalogue() {
		if e.Severity == auditor.SeverityNone {
			require.NotContains(t, severity, rules.AlertName(e.Verdict))
			continue
		}
		require.Equal(t, string(e.Severity), severity[rules.AlertName(e.Verdict)])
	}
}

// Every alert leads to its section of the runbook, which names its severity.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	page := runbook(t)
	for _, r := range alerts() {
		url := r.Annotations["runbook_url"]
		require.Equal(t, rules.Runbook+"#"+strings.ToLower(r.Alert), url)
		_, after, found := strings.Cut(page, "\n## "+r.Alert+"\n")
		require.True(t, found, "docs/alerts.md has no section %s", r.Alert)
		section, _, _ := strings.Cut(after, "\n## ")
		require.Contains(t, section, "Severity **"+r.Labels["severity"]+"**", r.Alert)
		if why := r.Labels["why"]; why != "" {
			require.Contains(t, section, "`"+why+"`", r.Alert)
		}
		require.NotEmpty(t, quickChecks.FindAllString(section, -1), "%s: no quick check", r.Alert)
	}
	for _, e := range auditor.Reasons() {
		require.Contains(t, page, "`"+string(e.Reason)+"`")
		require.Contains(t, page, e.Advice)
	}
}

var quickChecks = regexp.MustCompile("(?s)```promql\n(.*?)\n *```")

func runbook(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "alerts.md"))
	require.NoError(t, err)
	return string(text)
}

// runbook: every quick check can be asked; those of alerts that are active here
// have an answer.
func (l live) runbook(t *testing.T) {
	checks := quickChecks.FindAllStringSubmatch(runbook(t), -1)
	require.NotEmpty(t, checks)
	for _, c := range checks {
		l.query(t, c[1])
	}
}

func alerts() []rules.Rule {
	var out []rules.Rule
	for _, g := range rules.Build().Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				out = append(out, r)
			}
		}
	}
	return out
}
