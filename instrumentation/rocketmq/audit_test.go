package rocketmq_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/dyetrace/dyetrace/instrumentation/internal/otlpjson"
)

// policy is what the tests declare to the auditor.
const policy = `version: 1
captured_properties: [gray_env]
consumers:
  - {topic: "*", group: "*", ignores: [gray]}
`

// report is what of auditd's report the tests look at.
type report struct {
	Summary struct {
		Spans, Hops, Judged int
		Coverage            float64
		Undecidable         map[string]int
	}
	Findings []finding
}

type finding struct {
	Verdict, Axis, Certainty, Code, Service, Home, Env, Destination, Group, Effect, Explain string
	MessageID                                                                               string `json:"message_id"`
	Blame                                                                                   struct{ Service, Operation, Where string }
	Peer                                                                                    struct{ Service, Home, Env string }
}

// auditd is built once, into a folder of TestMain's, from the repository's root; it
// is run, never imported.
var auditd struct {
	once   sync.Once
	folder string
	err    error
}

func buildAuditd(t *testing.T) string {
	t.Helper()
	path := filepath.Join(auditd.folder, "auditd")
	auditd.once.Do(func() {
		build := exec.Command("go", "build", "-o", path, "./cmd/auditd") //nolint:noctx // once for all tests
		build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "GOWORK=off")
		if out, err := build.CombinedOutput(); err != nil {
			auditd.err = errors.Join(err, errors.New(string(out)))
		}
	})
	require.NoError(t, auditd.err)
	return path
}

// audit runs `auditd check` on a folder of spans. Exit status 1 means findings.
func audit(t *testing.T, folder, policy string) (report, int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte(policy), 0o600))
	cmd := exec.CommandContext(t.Context(), buildAuditd(t), "check", "--policy", file, "--format", "json", folder)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	status := cmd.ProcessState.ExitCode()
	if status > 1 {
		t.Fatalf("auditd check ended with %d: %s", status, exit.Stderr)
	}
	var r report
	require.NoError(t, json.Unmarshal(out, &r), string(out))
	return r, status
}

// toFile exports spans synchronously to a file of the folder.
func toFile(t testing.TB, folder, name string) sdktrace.TracerProviderOption {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(folder, name+".jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return sdktrace.WithSyncer(otlpjson.NewExporter(f))
}
