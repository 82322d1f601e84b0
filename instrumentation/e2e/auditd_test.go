package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// auditor is the built program. TestMain builds it once.
type auditor struct{ path string }

// report is what auditd check says, as far as the tests look at it.
type report struct {
	status  int
	Summary struct {
		Spans, Traces, Hops, Judged int
		Coverage                    float64
		Undecidable                 map[string]int
		Findings                    map[string]int
	}
	Findings []finding
}

type finding struct {
	Verdict, Certainty, Code, Service, Home, Env, Effect, Explain string
	SpanID                                                        string `json:"span_id"`
	Blame                                                         struct{ Service, Operation, Where string }
}

// buildAuditd builds the program into dir, unless the environment variable
// AUDITD names one. It works in a checkout only: the module never imports the
// auditor.
func buildAuditd(dir string) (auditor, error) {
	if path := os.Getenv("AUDITD"); path != "" {
		return auditor{path}, nil
	}
	a := auditor{filepath.Join(dir, "auditd")}
	build := exec.Command("go", "build", "-o", a.path, "./cmd/auditd") //nolint:noctx // before any test; go ends with us
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return a, errors.New("build auditd: " + err.Error() + "\n" + string(out))
	}
	return a, nil
}

// check audits spans under a policy.
func (a auditor) check(t *testing.T, policy string, spans []byte) report {
	t.Helper()
	dir := t.TempDir()
	policyFile, spanFile := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "spans.jsonl")
	require.NoError(t, os.WriteFile(policyFile, []byte(policy), 0o600))
	require.NoError(t, os.WriteFile(spanFile, spans, 0o600))
	cmd := exec.CommandContext(t.Context(), a.path, "check", "--policy", policyFile, "--format", "json", spanFile)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		require.NoError(t, err)
	}
	r := report{status: cmd.ProcessState.ExitCode()}
	require.NoError(t, json.Unmarshal(out, &r), "%s%s", out, stderr.String())
	return r
}
