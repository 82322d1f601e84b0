package lint

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs that are only pinned; their dependencies must not reach ours.
const toolsModule = "internal/tools"

func TestWorkspaceKnowsEveryModule(t *testing.T) {
	work := string(read(t, "go.work"))
	for _, dir := range modules(t) {
		if dir == toolsModule {
			continue
		}
		use := "./" + dir
		if dir == "." {
			use = "."
		}
		require.Regexp(t, `(?m)^\s*`+regexp.QuoteMeta(use)+`$`, work, "go.work does not use module %s", dir)
	}
}

// `go install module/cmd@version` refuses a module that replaces others. The
// modules of the instrumentation replace each other only: no program is installed
// from them, and their users' builds ignore it.
func TestInstallableModulesReplaceNothing(t *testing.T) {
	for _, dir := range modules(t) {
		if dir == "benchmarks" || dir == toolsModule { // never installed
			continue
		}
		mod := string(read(t, path.Join(dir, "go.mod")))
		for _, line := range regexp.MustCompile(`(?m)^.*=>.*$`).FindAllString(mod, -1) {
			require.True(t, strings.HasPrefix(dir, "instrumentation/"), "%s/go.mod: %s", dir, line)
			require.Regexp(t, `github\.com/dyetrace/dyetrace/instrumentation\S* => \.\./`, line, "%s/go.mod", dir)
		}
		require.NotContains(t, mod, "opentelemetry-collector-contrib/processor/tailsampling", "the peers of the benchmark stay in its module")
	}
}

// modules returns the folders of all modules, "." for the root.
func modules(t *testing.T) []string {
	t.Helper()
	var dirs []string
	for _, name := range files(t) {
		if path.Base(name) == "go.mod" && !isTestdata(name) && !strings.Contains(name, "node_modules/") {
			dirs = append(dirs, path.Dir(name))
		}
	}
	require.Contains(t, dirs, ".")
	return dirs
}
