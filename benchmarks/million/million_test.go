package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

// TestRun: a capture that is repeated is found whole, and what it shows as often.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	auditd, output := filepath.Join(dir, "auditd"), filepath.Join(dir, "check.md")
	require.NoError(t, measure.BuildAuditd(t.Context(), auditd))
	require.NoError(t, run(t.Context(), []string{"-auditd", auditd, "-corpora", "../../auditor/testdata/java-agent", "-spans", "3000", "-o", output}))
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Regexp(t, `\| ok-newsemconv \| 3900 \| 0.01 GB \| text \| 0 \|`, string(text))
	require.Regexp(t, `\| leak-newsemconv \| 3720 \| 0.01 GB \| JSON and HTML \| 120 \|`, string(text))
}

func TestRunHandsOnTheError(t *testing.T) {
	require.Error(t, run(context.Background(), []string{"-auditd", "none", "-corpora", "none"}))
	require.Error(t, run(context.Background(), []string{"-spans", "0"}))
}
