package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/dyetrace/dyetrace/auditor"
)

// patience bounds every wait for a daemon.
const patience = time.Minute

// program is the auditd under test.
var program string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "auditd-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "auditd")
	args := []string{"build", "-o", program}
	if raced {
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(context.Background(), "go", append(args, "..")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}

// daemon is a running auditd.
type daemon struct {
	t               testing.TB
	cmd             *exec.Cmd
	grpc, http, api string // addresses; http and api with their scheme
	data            string
	log             *buffer
	ended           chan struct{} // closed when the process has ended
	conn            *grpc.ClientConn
	client          ptraceotlp.GRPCClient
}

// buffer keeps what a process writes.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// anyPort lets the system choose the ports.
func anyPort() []string {
	return []string{
		"--set=receivers::otlp::protocols::grpc::endpoint=127.0.0.1:0",
		"--set=receivers::otlp::protocols::http::endpoint=127.0.0.1:0",
		"--set=extensions::auditd::endpoint=127.0.0.1:0",
	}
}

// unhurried lets a write to a busy disk take its time: a test sends once, where
// other senders try again.
const unhurried = "--set=exporters::auditd::timeout=60s"

// start runs auditd on a data folder and waits until it is ready.
func start(t testing.TB, data string, args ...string) *daemon {
	t.Helper()
	return launch(t, data, exec.CommandContext(context.Background(), program, append(append([]string{"serve", "--data", data, unhurried}, anyPort()...), args...)...))
}

// launch runs a prepared command that ends in an auditd.
func launch(t testing.TB, data string, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{t: t, data: data, log: &buffer{}, ended: make(chan struct{}), cmd: cmd}
	d.cmd.Stderr = d.log
	out, err := d.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, d.cmd.Start())
	t.Cleanup(d.kill)
	ready := make(chan bool, 1)
	go func() {
		ready <- d.readAddresses(out)
		_, _ = io.Copy(io.Discard, out)
		_ = d.cmd.Wait()
		close(d.ended)
	}()
	select {
	case ok := <-ready:
		require.True(t, ok, "auditd did not start: %s", d.log)
	case <-time.After(patience):
		require.Fail(t, "auditd does not get ready", d.log.String())
	}
	d.conn, err = grpc.NewClient(d.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))
	require.NoError(t, err)
	d.client = ptraceotlp.NewGRPCClient(d.conn)
	return d
}

// readAddresses reads what auditd says when it is ready.
func (d *daemon) readAddresses(out io.Reader) bool {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		value = strings.TrimSpace(value)
		switch name {
		case "OTLP/gRPC":
			d.grpc = value
		case "OTLP/HTTP":
			d.http = value
		case "API":
			d.api = strings.TrimSuffix(value, "/api/v1/findings")
		case "Policy":
			return true
		}
	}
	return false
}

// send exports a batch once.
func (d *daemon) send(td ptrace.Traces) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := d.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
	return err
}

// kill ends the process at once.
func (d *daemon) kill() {
	if d.conn != nil {
		_ = d.conn.Close()
	}
	_ = d.cmd.Process.Kill() // it may have ended
	<-d.ended
}

// stop ends the process as a service manager does, and wants status 0.
func (d *daemon) stop() {
	d.t.Helper()
	require.NoError(d.t, d.cmd.Process.Signal(syscall.SIGTERM))
	d.wait(0)
}

// wait waits for the end and wants a status.
func (d *daemon) wait(status int) {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(patience):
		require.Fail(d.t, "auditd does not end", d.log.String())
	}
	require.Equal(d.t, status, d.cmd.ProcessState.ExitCode(), d.log.String())
}

// get reads a path of the API.
func (d *daemon) get(path string) (int, []byte) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.api+path, http.NoBody)
	require.NoError(d.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	return resp.StatusCode, body
}

// answer reads JSON of the API.
func (d *daemon) answer(path string, into any) {
	d.t.Helper()
	status, body := d.get(path)
	require.Equal(d.t, http.StatusOK, status, "%s: %s", path, body)
	require.NoError(d.t, json.Unmarshal(body, into), path)
}

// findings reads all pages.
func (d *daemon) findings() []auditor.Finding {
	d.t.Helper()
	var all []auditor.Finding
	for cursor := ""; ; {
		var page struct {
			Findings []auditor.Finding
			Next     string
		}
		d.answer("/api/v1/findings?limit=1000&cursor="+url.QueryEscape(cursor), &page)
		if all = append(all, page.Findings...); page.Next == "" {
			return all
		}
		cursor = page.Next
	}
}

// metric returns the sum over the series of a metric on /metrics whose labels
// contain a text; false where there is none.
func (d *daemon) metric(name, label string) (float64, bool) {
	d.t.Helper()
	status, body := d.get("/metrics")
	require.Equal(d.t, http.StatusOK, status, "%s", body)
	sum, found := 0.0, false
	for line := range strings.Lines(string(body)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' || !strings.Contains(rest, label) {
			continue
		}
		var v float64
		_, err := fmt.Sscan(rest[strings.LastIndexByte(rest, ' ')+1:], &v)
		require.NoError(d.t, err, line)
		sum, found = sum+v, true
	}
	return sum, found
}

// audit runs `auditd check` and returns its findings.
func audit(t testing.TB, policy string, paths ...string) []auditor.Finding {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"check", "--format=json", "--fail-on=none", "--policy", policy}, paths...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	var report struct{ Findings []auditor.Finding }
	require.NoError(t, json.Unmarshal(out, &report))
	return report.Findings
}

// file writes a file of a test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
