package policycmd_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/policycmd"
)

// run gives what the command prints and the exit status that it asks for.
func run(t *testing.T, stdin string, args ...string) (out string, status int, err error) {
	t.Helper()
	cmd := policycmd.New()
	var b bytes.Buffer
	cmd.SetOut(&b)
	cmd.SetErr(&b)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetArgs(args)
	err = cmd.Execute()
	if err != nil {
		var coded interface{ ExitCode() int }
		require.ErrorAs(t, err, &coded, "an error has an exit code")
		status = coded.ExitCode()
	}
	return b.String(), status, err
}

func TestLint(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	good := file("good.yaml", "version: 1\n")
	odd := file("odd.yaml", "version: 1\nwindows: {liveness: 1s}\n")
	bad := file("bad.yaml", "version: 1\norgins: [gateway]\nfallback: maybe\n")
	big := file("big.yaml", "version: 1\n"+strings.Repeat("#", policyfile.MaxBytes))
	missing := filepath.Join(dir, "missing.yaml")
	for _, c := range []struct {
		name, stdin string
		args        []string
		status      int
		out         string
	}{
		{"good", "", []string{good}, 0, "ok: " + good + " (warnings: 0)\n"},
		{"odd", "", []string{odd}, 0, "warning: " + odd + ":2:21: windows.liveness: liveness (1s) is shorter than pair (30s) " +
			"(twins would be forgotten before their hops are judged: make liveness the longer one)\nok: " + odd + " (warnings: 1)\n"},
		{"bad", "", []string{bad}, 2, "error: " + bad + ":2:1: orgins: unknown field (did you mean \"origins\"?)\n" +
			"error: " + bad + ":3:11: fallback: unknown value \"maybe\" (legal: allow, forbid)\n"},
		{"the rest is checked after a bad file", "", []string{missing, good}, 2, "error: " + missing + ": cannot be read: " +
			"no such file or directory (check path and permissions)\nok: " + good + " (warnings: 0)\n"},
		{"a folder", "", []string{dir}, 2, "error: " + dir + ": cannot be read: is a directory (check path and permissions)\n"},
		{"standard input", "version: 2\n", []string{"-"}, 2, "error: standard input:1:10: version: this release does not know version \"2\" (write version: 1)\n"},
		{"too big", "", []string{big}, 2, "error: " + big + ":1:1: the file has more than 1048576 bytes (a policy is small: remove what is not one)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, status, _ := run(t, c.stdin, append([]string{"lint"}, c.args...)...)
			require.Equal(t, c.out, out)
			require.Equal(t, c.status, status)
		})
	}
}

func TestLintSumsUp(t *testing.T) {
	_, _, err := run(t, "", "lint", "-", filepath.Join(t.TempDir(), "missing.yaml"))
	require.EqualError(t, err, "policy lint: 2 of 2 files invalid")
}

func TestWrongUse(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"lint", "requires at least 1 arg"},
		{"schema extra", `unknown command "extra"`},
		{"lnt", "did you mean 'policy lint'?"},
		{"nonsense", "write policy lint or policy schema"},
		{"lint --fix", "unknown flag: --fix"},
	} {
		t.Run(c.args, func(t *testing.T) {
			_, status, err := run(t, "", strings.Fields(c.args)...)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, 2, status)
		})
	}
}

func TestSchema(t *testing.T) {
	out, status, err := run(t, "", "schema")
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, string(policyfile.Schema()), out)
}

// failing is an output that cannot be written, like a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fs.ErrClosed }

func TestOutputErrorIsReported(t *testing.T) {
	for _, stdin := range []string{"version: 1\n", "version: 2\n", "version: 1\nignore: []\n", ""} {
		cmd := policycmd.New()
		cmd.SetOut(failing{})
		cmd.SetIn(strings.NewReader(stdin))
		cmd.SetArgs([]string{"lint", "-"})
		require.ErrorIs(t, cmd.Execute(), fs.ErrClosed, stdin)
	}
}
