package sqlite

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

func TestFolderBelongsToOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a %3f?", "data")
	s := open(t, dir, Options{})
	_, err := Open(t.Context(), dir, Options{})
	require.ErrorIs(t, err, store.ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))
	require.NoError(t, s.Close())
	require.NoError(t, open(t, dir, Options{}).Ping(t.Context()))
}

func TestReopened(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	series := store.Series{Kind: store.Traffic, Service: "a", Basis: auditor.BasisSpans}
	f := storetest.Finding(1)
	for i := range 150 {
		require.NoError(t, s.AddRollup(t.Context(), "run", storetest.Noon().Add(time.Duration(i)*time.Minute), []store.Total{{Series: series, Value: float64(i + 1)}}))
	}
	require.NoError(t, s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{f}))
	require.NoError(t, s.Close())

	s = open(t, dir, Options{})
	require.NoError(t, s.Apply(t.Context(), "run", storetest.Noon(), []auditor.Finding{f}))
	require.NoError(t, s.AddRollup(t.Context(), "run", storetest.Noon().Add(150*time.Minute), []store.Total{{Series: series, Value: 150}}))
	r, err := s.Finding(t.Context(), f.ID)
	require.NoError(t, err)
	require.Len(t, r.History, 1)
	sums, err := s.Sums(t.Context(), store.SumQuery{
		Filter: store.Filter{Kind: store.Traffic}, From: storetest.Noon(), To: storetest.Noon().Add(3 * time.Hour), Step: time.Hour,
	})
	require.NoError(t, err)
	require.Equal(t, []store.Sum{{Series: series, Total: 150, Points: []float64{60, 60, 30}}}, sums)
}

func TestForeignFiles(t *testing.T) {
	write := func(t *testing.T, dir string, statements string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), statements)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	t.Run("newer", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, open(t, dir, Options{}).Close())
		write(t, dir, "PRAGMA user_version=99")
		_, err := Open(t.Context(), dir, Options{})
		require.ErrorIs(t, err, store.ErrNewer)
		require.ErrorContains(t, err, "schema 99")
	})
	t.Run("of another program", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "CREATE TABLE mine (x)")
		_, err := Open(t.Context(), dir, Options{})
		require.ErrorIs(t, err, store.ErrCorrupt)
	})
	t.Run("no database", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), []byte(strings.Repeat("no database ", 1000)), 0o600))
		_, err := Open(t.Context(), dir, Options{})
		require.ErrorIs(t, err, store.ErrCorrupt)
	})
	t.Run("a file instead of a folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := Open(t.Context(), file, Options{})
		require.Error(t, err)
	})
}

// A released schema is upgraded in place: so each step is run on what the one
// before left.
func TestEmptyFileIsMigrated(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), nil, 0o600))
	require.NoError(t, open(t, dir, Options{}).Ping(t.Context()))
}
