package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// untilRefused sends faulty traces until a batch is refused; that one is returned
// with the others.
func untilRefused(t *testing.T, d *daemon, g *traffic.Generator) (sent, refused []traffic.Trace, err error) {
	t.Helper()
	for range 10_000 {
		list := make([]traffic.Trace, 50)
		for i := range list {
			list[i] = g.Next(time.Now())
		}
		if err := d.send(traffic.Whole(list...)); err != nil {
			return sent, list, err
		}
		sent = append(sent, list...)
	}
	require.Fail(t, "nothing was refused")
	return nil, nil, nil
}

func faulty(seed uint64) *traffic.Generator {
	g := traffic.New(seed)
	g.GrayShare, g.FaultShare = 1, 1
	return g
}

// pressed: the disk takes no more. Senders are asked to come again, readiness says
// so, the log says why; with room again everything goes in, without a restart.
func pressed(t *testing.T, d *daemon, why string, relieve func()) {
	t.Helper()
	sent, refused, err := untilRefused(t, d, faulty(1))
	require.Equal(t, codes.Unavailable, status.Code(err), "%v", err)
	r := request{"POST", "/v1/traces", asJSON, "", []byte(`{"resourceSpans":[]}`)}
	code, body := r.do(t, d.http)
	require.Contains(t, []int{200, 503}, code, body)
	d.says(why)
	failures, _ := d.metric("auditd_store_failures_total", "findings")
	require.Positive(t, failures)

	relieve()
	require.Eventually(t, func() bool { return d.send(traffic.Whole(refused...)) == nil }, patience, 50*time.Millisecond)
	stored := byTrace(t, d.findings())
	for _, tr := range append(sent, refused...) {
		require.Contains(t, stored, tr.ID, "acknowledged, but not stored")
	}
	d.stop()
}

// TestFullDisk fills a file system.
func TestFullDisk(t *testing.T) {
	dir := mount(t, "size=3m")
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
	d := start(t, filepath.Join(dir, "data"), often)
	pressed(t, d, "no space left", func() {
		require.NoError(t, os.Remove(ballast))
		require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	})
}

// TestFileLimit reaches the limit of a file's size, as a quota is one.
func TestFileLimit(t *testing.T) {
	d := start(t, t.TempDir(), often)
	d.allow(600 << 10)
	pressed(t, d, "ulimit -f", func() { d.allow(unix.RLIM_INFINITY) })
}

// allow limits how long the daemon's files may be.
func (d *daemon) allow(n uint64) {
	d.t.Helper()
	require.NoError(d.t, unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: unix.RLIM_INFINITY}, nil))
}

// TestReady: /readyz and auditd_ready say the same, and a failed write tells why.
func TestReady(t *testing.T) {
	d := start(t, t.TempDir(), often)
	says := func(status int, metric float64) {
		t.Helper()
		got, body := d.get("/readyz")
		require.Equal(t, status, got, "%s", body)
		ready, _ := d.metric("auditd_ready", "")
		require.Equal(t, metric, ready)
	}
	says(200, 1)
	d.allow(1)
	says(503, 0)
	_, _, err := untilRefused(t, d, faulty(1))
	require.Equal(t, codes.Unavailable, status.Code(err), "%v", err)
	failures, _ := d.metric("auditd_store_failures_total", `reason="file_limit"`)
	require.Positive(t, failures)
	d.allow(unix.RLIM_INFINITY)
	says(200, 1)
	d.stop()
}

// mount makes a small file system, for which one must be root.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		if os.Getenv("CI") == "true" && os.Getuid() == 0 {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("SKIPPED: a file system cannot be mounted here (%v); run as root", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }) // leftovers end with the machine
	return dir
}

// TestReadOnly: a data folder that cannot be written ends the start with advice.
func TestReadOnly(t *testing.T) {
	dir := mount(t, "size=1m")
	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	refusedToStart(t, 1, "writable", "serve", "--data", filepath.Join(dir, "data"))
}

// TestTaken: what another process holds ends the start with advice.
func TestTaken(t *testing.T) {
	d := start(t, t.TempDir())
	refusedToStart(t, 1, "stop it, or choose another data folder", append([]string{"serve", "--data", d.data}, anyPort()...)...)
	refusedToStart(t, 1, "Stop what listens there", append(append([]string{"serve", "--data", t.TempDir()}, anyPort()...), "--set=receivers::otlp::protocols::grpc::endpoint="+d.grpc)...)
	refusedToStart(t, 1, "stop what listens there", append(append([]string{"serve", "--data", t.TempDir()}, anyPort()...), "--set=extensions::auditd::endpoint="+d.api[len("http://"):])...)
	d.stop()
}

func refusedToStart(t *testing.T, code int, advice string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended, "%s", out)
	require.Equal(t, code, ended.ExitCode(), "%s", out)
	require.Contains(t, string(out), advice)
	require.NotContains(t, string(out), "goroutine ", "a panic")
	require.Contains(t, string(out), "auditd: ")
}
