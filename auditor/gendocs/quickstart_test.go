package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With -update the pages get what the commands print now.
var update = flag.Bool("update", false, "write what the commands print into the pages")

const (
	readme = "../../README.md"
	mark   = "\x01" // stands between the outputs of two commands
)

var (
	fence = regexp.MustCompile("(?ms)^```(console|yaml)\n(.*?\n)```$")
	named = regexp.MustCompile(`^# (build/\S+)\n`)
)

// TestQuickStart runs the commands of the pages' console blocks in order and
// compares what they print; YAML blocks that begin with a file's name are that file.
func TestQuickStart(t *testing.T) {
	dir := workplace(t)
	for page, least := range map[string]int{filepath.Join(docs, "quick-start.md"): 6, readme: 1} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			require.GreaterOrEqual(t, runPage(t, dir, page), least, "the page has its commands")
		})
	}
}

// runPage returns how many commands the page has.
func runPage(t *testing.T, dir, page string) int {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	commands := 0
	got := fence.ReplaceAllStringFunc(string(text), func(block string) string {
		m := fence.FindStringSubmatch(block)
		if m[1] == "yaml" {
			if name := named.FindStringSubmatch(m[2]); name != nil {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name[1]), []byte(m[2]), 0o600))
			}
			return block
		}
		list := commandsOf(m[2])
		commands += len(list)
		now := "```console\n" + session(t, dir, list) + "```"
		if !*update {
			require.Equal(t, block, now, "run go test ./auditor/gendocs -run QuickStart -update, and read what changed")
		}
		return now
	})
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(got), 0o644))
	}
	return commands
}

// workplace is a folder with auditd built and the examples at hand, as in the
// root of the repository.
func workplace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "build"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(root, "examples"), filepath.Join(dir, "examples")))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "build", "auditd"), "./cmd/auditd")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

func commandsOf(block string) []string {
	var out []string
	for line := range strings.Lines(block) {
		if c, ok := strings.CutPrefix(line, "$ "); ok {
			out = append(out, strings.TrimSpace(c))
		}
	}
	return out
}

// session runs commands in one shell and returns what a terminal would show.
func session(t *testing.T, dir string, commands []string) string {
	t.Helper()
	var script strings.Builder
	for _, c := range commands {
		// The status stays for the next command to ask for.
		script.WriteString(c + "\n{ s=$?; printf '" + mark + "'; (exit $s); }\n")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	parts := strings.Split(out.String(), mark)
	require.Len(t, parts, len(commands)+1, "%s", out.String())
	var b strings.Builder
	for i, c := range commands {
		b.WriteString("$ " + c + "\n" + parts[i])
	}
	return b.String()
}
