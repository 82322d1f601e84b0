package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTenSeconds is the soak for CI: as fast as it goes for ten seconds, and
// everything is right.
func TestTenSeconds(t *testing.T) {
	program := filepath.Join(t.TempDir(), "auditd")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../..").CombinedOutput()
	require.NoError(t, err, "%s", out)
	var report bytes.Buffer
	err = run(t.Context(), options{auditd: program, duration: 10 * time.Second, every: time.Second, senders: 4, out: &report})
	t.Log("\n" + report.String())
	require.NoError(t, err)
}
