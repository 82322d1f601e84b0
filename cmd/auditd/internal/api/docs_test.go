package api

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDocs runs the commands of docs/api.md in order, against an API with the
// findings of examples/leak, and compares what they print. An ellipsis stands for
// any text. Blocks of YAML that begin with a file's name are that file.
func TestDocs(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the examples need curl")
		}
		t.Skip("the examples need curl")
	}
	credentials, err := NewCredentials([]TokenSource{{File: tokenFile(t, readToken)}}, []TokenSource{{File: tokenFile(t, writeToken)}}, nil, nil)
	require.NoError(t, err)
	w := serve(t, func(c *Config) {
		c.Credentials = credentials
		c.Limits = Limits{StreamLife: 3 * time.Second} // curl waits for its end
	})
	found, totals := audit(t, "../../../../examples/leak/traces.jsonl.gz")
	require.NoError(t, w.store.Apply(context.Background(), "run", now(), found))
	require.NoError(t, w.store.AddRollup(context.Background(), "run", now().Add(-30*time.Minute), totals))

	text, err := os.ReadFile("../../../../docs/api.md")
	require.NoError(t, err)
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?ms)^```(console|yaml)\n(.*?\n)```$").FindAllStringSubmatch(string(text), -1)
	commands := 0
	for _, block := range blocks {
		if block[1] == "yaml" {
			if name := regexp.MustCompile(`^# (\S+\.yaml)\n`).FindStringSubmatch(block[2]); name != nil {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name[1]), []byte(block[2]), 0o600))
			}
			continue
		}
		list := strings.Split(strings.TrimPrefix(block[2], "$ "), "\n$ ")
		commands += len(list)
		for _, c := range list {
			line, want, _ := strings.Cut(c, "\n")
			for strings.HasSuffix(line, `\`) { // goes on in the next line
				var more string
				more, want, _ = strings.Cut(want, "\n")
				line += "\n" + more
			}
			got := w.shell(t, dir, line)
			want = strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", ".*?")
			require.Regexp(t, "(?s)^"+want+"$", strings.TrimSpace(got), line)
		}
	}
	require.Greater(t, commands, 8)
}

// shell runs a command as the page shows it, with the address of the API.
func (w *world) shell(t *testing.T, dir, command string) string {
	t.Helper()
	host := strings.TrimPrefix(w.url, "http://")
	script := `curl() { local a=(); for x in "$@"; do a+=("${x/localhost:4327/` + host + `}"); done; command curl "${a[@]}"; }
READER=` + readToken + ` WRITER=` + writeToken + `
` + command
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return out.String()
}
