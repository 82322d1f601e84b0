package sqlite

import (
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

// pragma runs a pragma on the connection that writes.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	require.NoError(t, s.submit(t.Context(), func(t *tx) error {
		return t.each(func(*sql.Rows) error { return nil }, "PRAGMA "+text)
	}, true))
}

// fill applies batches until it fails, and returns how many findings were taken.
func fill(t *testing.T, s *Store) (taken int, err error) {
	t.Helper()
	for taken < 100_000 {
		batch := make([]auditor.Finding, 50)
		for i := range batch {
			batch[i] = storetest.Finding(taken + i)
		}
		if err := s.Apply(t.Context(), "run", storetest.Noon(), batch); err != nil {
			return taken, err
		}
		taken += len(batch)
	}
	return taken, nil
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	return int(stats.Findings)
}

func TestFull(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	pragma(t, s, "max_page_count=100")
	taken, err := fill(t, s)
	require.ErrorIs(t, err, store.ErrFull)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "free space")
	require.Positive(t, taken)
	require.Equal(t, taken, count(t, s), "nothing is half written")
	totals := make([]store.Total, 5000)
	for i := range totals {
		totals[i] = store.Total{Series: store.Series{Kind: store.Hops, Service: fmt.Sprint(i)}, Value: 1}
	}
	require.ErrorIs(t, s.AddRollup(t.Context(), "run", storetest.Noon(), totals), store.ErrFull)
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.Zero(t, stats.Series)

	pragma(t, s, "max_page_count=1000000")
	require.NoError(t, s.AddRollup(t.Context(), "run", storetest.Noon(), totals), "with space it goes on, without a restart")
	require.NoError(t, s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{storetest.Finding(taken)}))
	require.Equal(t, taken+1, count(t, s))
	require.NoError(t, s.Close())
	require.Equal(t, taken+1, count(t, open(t, dir, Options{})))
}

func TestBecomesReadOnly(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	require.NoError(t, s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{storetest.Finding(1)}))
	pragma(t, s, "query_only=1")
	err := s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{storetest.Finding(2)})
	require.ErrorIs(t, err, store.ErrReadOnly)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, s.Ping(t.Context()), store.ErrReadOnly)
	require.Equal(t, 1, count(t, s), "reading goes on")
	pragma(t, s, "query_only=0")
	require.NoError(t, s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{storetest.Finding(2)}))
}

// child runs this test binary again, as the named test only, with a data folder.
func child(t *testing.T, binary, test, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^"+test+"$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), "STORE_CHILD="+dir)
	return cmd
}

func TestReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the permissions of Unix")
	}
	if dir := os.Getenv("STORE_CHILD"); dir != "" {
		_, err := Open(t.Context(), dir, Options{})
		fmt.Println("read-only:", err)
		require.ErrorIs(t, err, store.ErrReadOnly)
		require.ErrorIs(t, err, store.ErrUnavailable)
		return
	}
	// Root may write everywhere, so the child is nobody; t.TempDir is for the owner only.
	top, err := os.MkdirTemp("", "store") //nolint:usetesting // others must be able to enter it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	binary, dir := filepath.Join(top, "child"), filepath.Join(top, "data")
	copyFile(t, os.Args[0], binary)
	require.NoError(t, os.Chmod(top, 0o755))
	require.NoError(t, os.Mkdir(dir, 0o555))
	cmd := child(t, binary, t.Name(), dir)
	cmd.Dir = top
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "make the data folder writable")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	require.NoError(t, err)
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

// A limit on the size of files fails writes as a bad disk does.
func TestWritesFail(t *testing.T) {
	if dir := os.Getenv("STORE_CHILD"); dir != "" {
		s := open(t, dir, Options{})
		taken, err := fill(t, s)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorIs(t, err, store.ErrFileLimit)
		require.ErrorContains(t, err, "ulimit -f")
		require.Positive(t, taken)
		require.Equal(t, taken, count(t, s))
		left, err := filepath.Glob(filepath.Join(dir, "try-*"))
		require.NoError(t, err)
		require.Empty(t, left, "files that found out why")
		fmt.Printf("taken %d\n", taken)
		return
	}
	dir := t.TempDir()
	cmd := child(t, "/bin/sh", t.Name(), dir)
	cmd.Args = append([]string{"/bin/sh", "-c", `ulimit -f 4000; exec "$0" "$@"`, os.Args[0]}, cmd.Args[1:]...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, after, ok := strings.Cut(string(out), "taken ")
	require.True(t, ok, "%s", out)
	var taken int
	_, err = fmt.Sscan(after, &taken)
	require.NoError(t, err)
	require.Equal(t, taken, count(t, open(t, dir, Options{})))
}

// With a size limit the oldest goes and the file shrinks; the policy stays.
func TestRetentionBySize(t *testing.T) {
	const limit = 4 << 20
	s := open(t, t.TempDir(), Options{Retention: store.Retention{Bytes: limit, Findings: -1, Minutes: -1, Hours: -1}})
	_, err := s.AppendPolicy(t.Context(), 0, store.PolicyVersion{Source: []byte("version: 1"), At: storetest.Noon()})
	require.NoError(t, err)
	const hours = 200
	series := make([]store.Total, 40)
	for h := range hours {
		at := storetest.Noon().Add(time.Duration(h) * time.Hour)
		batch := make([]auditor.Finding, 25)
		for i := range batch {
			batch[i] = storetest.Finding(h*len(batch) + i)
		}
		require.NoError(t, s.Apply(t.Context(), "run", at, batch))
		for m := range 10 {
			for i := range series {
				series[i] = store.Total{Series: store.Series{Kind: store.Hops, Service: fmt.Sprint(i)}, Value: float64(h*10+m) + 0.5}
			}
			require.NoError(t, s.AddRollup(t.Context(), "run", at.Add(time.Duration(m)*time.Minute), series))
		}
	}
	now := storetest.Noon().Add(hours * time.Hour)
	before, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.Greater(t, before.Bytes, int64(limit))
	done, err := s.Prune(t.Context(), now)
	require.NoError(t, err)
	require.Positive(t, done.Findings)
	require.Positive(t, done.Rollups)
	after, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, after.Bytes, int64(limit)+64<<10, "and the index of the WAL")
	require.Positive(t, after.Findings)
	require.Equal(t, done.Bytes, before.Bytes-after.Bytes)
	page, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, storetest.Finding(hours*25-1).ID, page.Findings[0].ID, "the newest stay")
	_, err = s.CurrentPolicy(t.Context())
	require.NoError(t, err)
}
