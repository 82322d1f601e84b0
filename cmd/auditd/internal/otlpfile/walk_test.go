package otlpfile_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

func tree(t *testing.T, files ...string) string {
	root := t.TempDir()
	for _, f := range files {
		p := filepath.Join(root, f)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte("{}"), 0o644))
	}
	return root
}

func TestExpandFolder(t *testing.T) {
	root := tree(t, "b.json", "a/z.jsonl.gz", "a/b.PB", ".hidden.json", ".git/x.json", "README.md", "a/policy.yaml")
	require.NoError(t, os.Symlink(filepath.Join(root, "b.json"), filepath.Join(root, "link.json")))
	var notes []string
	got, bad, err := otlpfile.Expand([]string{root, filepath.Join(root, "README.md")}, nil, func(n string) { notes = append(notes, n) })
	require.NoError(t, err)
	require.Empty(t, bad)
	var rel []string
	for _, s := range got {
		r, err := filepath.Rel(root, s.Name)
		require.NoError(t, err)
		rel = append(rel, filepath.ToSlash(r))
		require.Equal(t, int64(2), s.Size)
		require.Equal(t, r != "README.md", s.Walked)
	}
	require.Equal(t, []string{"a/b.PB", "a/z.jsonl.gz", "b.json", "link.json", "README.md"}, rel)
	require.Len(t, notes, 2)
	require.Contains(t, notes[0], "README.md: skipped")
	require.Contains(t, notes[1], "policy.yaml: skipped")
}

// TestExpandLinks: links to folders are followed, in a loop and twice only once.
func TestExpandLinks(t *testing.T) {
	root := tree(t, "dir/sub/a.json", "elsewhere/b.json")
	link := func(to, name string) { require.NoError(t, os.Symlink(to, filepath.Join(root, name))) }
	link("dir", "given")
	link("../elsewhere", "dir/twice")
	link("../elsewhere", "dir/once")
	link("..", "dir/sub/up")
	link("nowhere", "dir/broken.json")
	var notes []string
	given := filepath.Join(root, "given")
	got, bad, err := otlpfile.Expand([]string{given}, nil, func(n string) { notes = append(notes, n) })
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, filepath.Join(given, "once", "b.json"), got[0].Name)
	require.Equal(t, filepath.Join(given, "sub", "a.json"), got[1].Name)
	require.Len(t, bad, 1)
	require.ErrorContains(t, bad[0], "broken.json: no such file")
	require.Equal(t, []string{
		filepath.Join(given, "sub", "up") + ": skipped: this folder was read already, as " + given,
		filepath.Join(given, "twice") + ": skipped: this folder was read already, as " + filepath.Join(given, "once"),
	}, notes)
}

func TestExpandErrors(t *testing.T) {
	root := tree(t, "x.txt")
	got, bad, err := otlpfile.Expand([]string{filepath.Join(root, "none"), root, "-"}, strings.NewReader("{}"), func(string) {})
	require.NoError(t, err)
	require.Len(t, bad, 2)
	require.ErrorContains(t, bad[0], "none: no such file or folder")
	require.ErrorContains(t, bad[1], "no OTLP file in this folder")
	require.Len(t, got, 1)
	r, err := got[0].Open(t.Context())
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "{}", string(data))
	require.NoError(t, r.Close())

	_, _, err = otlpfile.Expand([]string{"-", "-"}, nil, nil)
	require.ErrorIs(t, err, otlpfile.ErrStdinTwice)
}

// TestOpenInterrupted: a source that blocks does not outlive the context.
func TestOpenInterrupted(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	got, _, err := otlpfile.Expand([]string{"-"}, in, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := got[0].Open(ctx)
	require.NoError(t, err)
	go func() {
		_, _ = out.Write([]byte("ab"))
		cancel()
	}()
	data, err := io.ReadAll(r)
	require.ErrorIs(t, err, context.Canceled)
	require.Contains(t, []string{"", "ab"}, string(data)) // the end may win over what has just come
}
