package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// policy returns the version in the store and its text.
func (d *daemon) policy() (version float64, text string) {
	d.t.Helper()
	version, _ = d.metric("auditd_policy_version", "")
	status, body := d.get("/api/v1/policy")
	require.Equal(d.t, http.StatusOK, status)
	return version, string(body)
}

// becomes waits for a version.
func (d *daemon) becomes(version float64) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { v, _ := d.policy(); return v == version }, patience, 20*time.Millisecond)
}

// says waits for a text in the log, which comes through a pipe: later than what it
// tells of.
func (d *daemon) says(text string) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return strings.Contains(d.log.String(), text) }, patience, 20*time.Millisecond, text)
}

// TestPolicyVersions: a file, SIGHUP and the API give versions, the newest holds,
// also after a restart; a bad one changes nothing.
func TestPolicyVersions(t *testing.T) {
	name := file(t, "policy.yaml", "version: 1\norigins: [one]\n")
	write := func(text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o600)) }
	d := start(t, t.TempDir(), "--policy", name)
	d.becomes(1)

	require.NoError(t, d.cmd.Process.Signal(syscall.SIGHUP))
	d.says("The policy file has not changed.")                 // read, and so not while it is written below
	write("version: 1\norigins: [two]\nwindows: {pair: 3s}\n") // a new engine
	require.NoError(t, d.cmd.Process.Signal(syscall.SIGHUP))
	d.becomes(2)
	require.Eventually(t, func() bool {
		n, _ := d.metric("otelcol_connector_dyetrace_policy_updates_total", "applied")
		return n == 1
	}, patience, 20*time.Millisecond)

	write("version: 1\nkeyz: {}\n")
	require.NoError(t, d.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { n, _ := d.metric("auditd_policy_refused_total", ""); return n == 1 }, patience, 20*time.Millisecond)
	d.says("keyz")
	d.becomes(2)

	status, body := d.ask(http.MethodPut, "/api/v1/policy", "", d.etag(), "version: 1\norigins: [three]\n")
	require.Contains(t, []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, status, body)
	d.becomes(3)
	d.stop()

	write("version: 1\norigins: [two]\nwindows: {pair: 3s}\n") // as it was taken last
	again := start(t, d.data, "--policy", name)
	version, text := again.policy()
	require.Equal(t, 3.0, version, "the API's version is newer than the file's")
	require.Contains(t, text, "three")
	again.unharmed()
}

// TestPolicyHoldsLater: the log says from when a policy holds that is not yet valid.
func TestPolicyHoldsLater(t *testing.T) {
	d := start(t, t.TempDir())
	status, body := d.ask(http.MethodPut, "/api/v1/policy", "", d.etag(), "version: 1\nvalid_from: 2020-01-01T00:00:00Z\n")
	require.Equal(t, http.StatusOK, status, body)
	d.says("version 1, by local")
	status, body = d.ask(http.MethodPut, "/api/v1/policy", "", d.etag(), "version: 1\nvalid_from: 2199-01-01T00:00:00Z\n")
	require.Equal(t, http.StatusOK, status, body)
	d.says("version 2, by local, holds from 2199-01-01T00:00:00Z")
	require.NotContains(t, d.log.String(), "holds from 2020")
	d.stop()
}

func (d *daemon) etag() string {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.api+"/api/v1/policy", http.NoBody)
	require.NoError(d.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d.t, err)
	require.NoError(d.t, resp.Body.Close())
	return resp.Header.Get("ETag")
}

// TestOwnConfiguration: auditd runs any collector configuration, also one without
// the extension.
func TestOwnConfiguration(t *testing.T) {
	name := file(t, "config.yaml", `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}}
exporters: {nop: }
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
`)
	refusedToStart(t, 2, "extension auditd", "--config", name, "--policy", "x.yaml")
	refusedToStart(t, 2, "nonsense", "--config", name, "--set=exporters::nonsense::x=1")
}

// TestWrongConfiguration: a mistake is told by validate, and ends the start with
// status 2, so that a service manager does not try again.
func TestWrongConfiguration(t *testing.T) {
	const tokens = "--set=extensions::auditd::tokens::readers="
	t.Setenv("EMPTY", "")
	for name, c := range map[string]struct{ set, says string }{
		"open API":          {"--set=extensions::auditd::endpoint=0.0.0.0:0", "allow_open"},
		"weak token":        {tokens + "[{file: " + file(t, "weak", "secret\n") + "}]", "too easy to guess"},
		"no token file":     {tokens + "[{file: " + filepath.Join(t.TempDir(), "none") + "}]", "no such file"},
		"no token variable": {tokens + "[{env: EMPTY}]", "EMPTY holds none"},
		"no source":         {tokens + "[{}]", "either file or env"},
		"port too high":     {"--set=receivers::otlp::protocols::grpc::endpoint=127.0.0.1:99999", "ports go from 0 to 65535"},
	} {
		t.Run(name, func(t *testing.T) {
			refusedToStart(t, 2, c.says, "validate", c.set)
			refusedToStart(t, 2, c.says, append(append([]string{"serve", "--data", t.TempDir()}, anyPort()...), c.set)...)
		})
	}
	refusedToStart(t, 2, "missing port", append(append([]string{"serve", "--data", t.TempDir()}, anyPort()...), "--set=receivers::otlp::protocols::grpc::endpoint=localhost")...)
	refusedToStart(t, 2, "none.crt", append(append([]string{"serve", "--data", t.TempDir()}, anyPort()...), "--set=extensions::auditd::tls={cert_file: none.crt, key_file: none.key}")...)
}
