package lint

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root     = "../.."
	maxLines = 400
)

// foreign matches paths of machines that people work on. It is put together
// here so that this file does not match itself.
var foreign = regexp.MustCompile(`(^|[^\w./-])/(` + strings.Join([]string{"work", "root", "farm", "Users", "home/[a-z]+"}, "|") + `)(/|["'` + "`" + `\s:]|$)`)

// files returns the files of the repository, tracked or about to be, relative
// to its root.
func files(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("not a git checkout: nothing says which files belong to the repository")
	}
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	var names []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); name != "" && err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	require.Greater(t, len(names), 20)
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return data
}

func isTestdata(name string) bool { return strings.Contains("/"+name, "/testdata/") }

func isGenerated(data []byte) bool {
	return regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Match(data)
}

func TestSourceFilesAreShort(t *testing.T) {
	for _, name := range files(t) {
		switch filepath.Ext(name) {
		case ".go", ".ts", ".tsx", ".js":
		default:
			continue
		}
		data := read(t, name)
		if isTestdata(name) || isGenerated(data) {
			continue
		}
		if n := bytes.Count(data, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines; more than %d is more than one subject: split it", name, n, maxLines)
		}
	}
}

func TestNoPathsOfOneMachine(t *testing.T) {
	for _, name := range files(t) {
		data := read(t, name)
		if bytes.IndexByte(data, 0) >= 0 {
			continue // binary
		}
		for i, line := range bytes.Split(data, []byte("\n")) {
			if m := foreign.Find(line); m != nil {
				t.Errorf("%s:%d: %q is a path of one machine: use a relative one", name, i+1, bytes.TrimSpace(m))
			}
		}
	}
}

func TestForeignPathsAreSeen(t *testing.T) {
	slash := func(parts ...string) string { return "/" + strings.Join(parts, "/") }
	for _, bad := range []string{
		slash("work", "main"), `"` + slash("root", "go") + `"`, "see " + slash("farm", "x"), slash("home", "ann", "src"), "cd " + slash("work"),
	} {
		require.Regexp(t, foreign, bad)
	}
	for _, good := range []string{
		"benchmarks/workload", "/workload", "/rooted", "a" + slash("root", "b"), "." + slash("work", "x"), "https://example.org" + slash("work", ""),
	} {
		require.NotRegexp(t, foreign, good)
	}
}
