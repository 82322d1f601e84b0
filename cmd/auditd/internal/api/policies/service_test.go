package policies

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/sqlite"
)

func opened(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestVersions(t *testing.T) {
	s := New(Options{Store: opened(t), Now: noon})
	zero, err := s.Current(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(0), zero.Version)
	require.Equal(t, auditor.DefaultPolicy(), zero.Policy)

	changed := s.Changed()
	source := []byte("version: 1\norigins: [gateway]\n")
	one, err := s.Put(t.Context(), 0, source, "ops")
	require.NoError(t, err)
	require.Equal(t, store.PolicyVersion{Version: 1, Source: source, At: noon(), By: "ops"}, one.PolicyVersion)
	require.Equal(t, []string{"gateway"}, one.Policy.Origins)
	require.NotEqual(t, zero.ETag(), one.ETag())
	require.True(t, isClosed(changed))

	changed = s.Changed()
	again, err := s.Put(t.Context(), 1, source, "other")
	require.NoError(t, err)
	require.Equal(t, one.PolicyVersion, again.PolicyVersion, "the same text is no new version")
	_, err = s.Put(t.Context(), 0, []byte("version: 1\n"), "late")
	require.ErrorIs(t, err, store.ErrConflict)
	_, err = s.Put(t.Context(), 1, []byte("verson: 1\n"), "bad")
	var bad policyfile.Errors
	require.ErrorAs(t, err, &bad)
	require.False(t, isClosed(changed), "nothing has changed")
	got, err := s.Get(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, one.ETag(), got.ETag())
}

func TestRefused(t *testing.T) {
	s := New(Options{Store: opened(t), Accept: func(auditor.Policy) error { return errors.New("no") }})
	_, err := s.Put(t.Context(), 0, []byte("version: 1\n"), "")
	require.ErrorIs(t, err, ErrRefused)
	_, err = s.Check([]byte("version: 1\n"))
	require.ErrorIs(t, err, ErrRefused)
}

// A version that today's parser would refuse is shown as it was stored, with what
// is wrong as warnings.
func TestOldVersions(t *testing.T) {
	db := opened(t)
	_, err := db.AppendPolicy(t.Context(), 0, store.PolicyVersion{Source: []byte("version: 1\nfrom_the_past: 1\n"), At: noon()})
	require.NoError(t, err)
	v, err := New(Options{Store: db}).Current(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), v.Version)
	require.NotEmpty(t, v.Warnings)
}
