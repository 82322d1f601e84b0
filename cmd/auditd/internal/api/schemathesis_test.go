package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSchemathesis lets schemathesis send what the document allows, and what it
// does not, to an API over a real store with real findings. The seed makes it the
// same each time; .ci/openapi installs it.
func TestSchemathesis(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: schemathesis takes a minute")
	}
	program, err := filepath.Abs("../../../../build/schemathesis/bin/schemathesis")
	require.NoError(t, err)
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("schemathesis is missing: run .ci/openapi")
		}
		t.Skip("schemathesis is missing: run .ci/openapi to test with it")
	}
	credentials, err := NewCredentials(nil, []TokenSource{{File: tokenFile(t, writeToken)}}, nil, nil)
	require.NoError(t, err)
	w := serve(t, func(c *Config) {
		c.Credentials = credentials
		c.Limits = Limits{StreamLife: 20 * time.Millisecond, StreamStep: time.Millisecond}
	})
	w.feed(t)
	config, err := filepath.Abs("testdata/schemathesis.toml")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "--config-file", config, "run", w.url+"/openapi.json",
		"--header", "Authorization: Bearer "+writeToken, "--seed", "1", "--max-examples", "25", "--workers", "1",
		"--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
	require.Zero(t, w.api.Stats().Failed)
}
