package dashboards_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait.
const patience = 90 * time.Second

// program finds a program that .ci/prometheus installs.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	missing := "SKIP: no " + name + " in PATH: rules and dashboard were NOT tried with a real Prometheus; run .ci/prometheus"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// output is what a process has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a program that runs until the end of the test.
type process struct {
	out  output
	done chan struct{}
}

func start(t testing.TB, path string, args ...string) *process {
	t.Helper()
	p := &process{done: make(chan struct{})}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, args...) // the cleanup ends it
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	require.NoError(t, cmd.Start())
	go func() {
		defer close(p.done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-p.done
			t.Errorf("%s did not end at SIGTERM:\n%s", filepath.Base(path), p.out.String())
		}
	})
	return p
}

// ends reports whether the process ended by itself.
func (p *process) ends() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// auditd is a running daemon.
type auditd struct{ otlp, api string }

var (
	otlpLine = regexp.MustCompile(`OTLP/HTTP\s+(http://\S+)`)
	pageLine = regexp.MustCompile(`Prometheus\s+(http://[^/\s]+)/metrics`)
)

func startAuditd(t testing.TB, policy string) auditd {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "auditd")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/auditd")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	file := filepath.Join(dir, "policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte(policy), 0o600))
	p := start(t, binary, "serve", "--policy", file, "--data", filepath.Join(dir, "data"),
		"--set", "receivers::otlp::protocols::grpc::endpoint=127.0.0.1:0",
		"--set", "receivers::otlp::protocols::http::endpoint=127.0.0.1:0",
		"--set", "extensions::auditd::endpoint=127.0.0.1:0",
		"--set", "exporters::auditd::timeout=60s", // for a busy disk: each batch is sent once
		"--set", "connectors::dyetrace::metrics::interval=300ms")
	var a auditd
	require.Eventually(t, func() bool {
		text := p.out.String()
		o, m := otlpLine.FindStringSubmatch(text), pageLine.FindStringSubmatch(text)
		if o == nil || m == nil {
			return p.ends()
		}
		a = auditd{o[1], m[1]}
		return true
	}, patience, 10*time.Millisecond)
	require.NotEmpty(t, a.api, "auditd did not start:\n%s", p.out.String())
	return a
}

// stored counts the findings in the store by certainty.
func (a auditd) stored(t testing.TB) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for cursor, more := "", true; more; {
		var page struct {
			Findings []struct{ Certainty string }
			Next     string
		}
		a.get(t, "/api/v1/findings?limit=500&cursor="+cursor, &page)
		for _, f := range page.Findings {
			out[f.Certainty]++
		}
		cursor, more = page.Next, page.Next != ""
	}
	return out
}

func (a auditd) get(t testing.TB, path string, to any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.api+path, http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.NoError(t, json.NewDecoder(res.Body).Decode(to))
}

// startPrometheus scrapes a target each second, with our rules.
func startPrometheus(t testing.TB, target string) prom.API {
	t.Helper()
	binary := program(t, "prometheus")
	rules, err := filepath.Abs("prometheus/dyetrace.rules.yml")
	require.NoError(t, err)
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: auditd
    static_configs: [{targets: [%q]}]
`, rules, target), 0o600))
	// Prometheus does not tell which port it was given, so it gets one that was free
	// a moment ago; another try if somebody else took it.
	for range 5 {
		address := freeAddress(t)
		p := start(t, binary, "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, address),
			"--web.listen-address", address, "--log.level", "warn")
		if awaitReady(t, p, "http://"+address+"/-/ready") {
			client, err := api.NewClient(api.Config{Address: "http://" + address})
			require.NoError(t, err)
			return prom.NewAPI(client)
		}
		t.Logf("prometheus ended, once more:\n%s", p.out.String())
	}
	require.Fail(t, "prometheus does not start")
	return nil
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func awaitReady(t testing.TB, p *process, url string) bool {
	t.Helper()
	ready := false
	require.Eventually(t, func() bool {
		ready = answers(t.Context(), url)
		return ready || p.ends()
	}, patience, 20*time.Millisecond)
	return ready && !p.ends()
}

func answers(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}
