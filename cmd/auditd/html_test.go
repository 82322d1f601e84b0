package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHTMLSpares: a page replaces a page, and never an input, the policy or
// what else is there.
func TestHTMLSpares(t *testing.T) {
	_, _, lines := corpus(t, "leak")
	root := t.TempDir()
	put := func(name string, data []byte, mode os.FileMode) string {
		p := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, data, mode))
		return p
	}
	a, b := put("in/a.jsonl", lines, 0o644), put("in/b.jsonl", lines, 0o644)
	page := put("in/page.json", []byte("<!DOCTYPE html>"), 0o644) // a page by its content, an input by its name
	policy := put("p.yaml", []byte("version: 1\n"), 0o644)
	locked := put("locked.html", []byte("<!doctype html>"), 0o444)
	link := filepath.Join(root, "link.html")
	require.NoError(t, os.Symlink(a, link))
	for _, c := range []struct {
		target, in, want string
	}{
		{a, b, "is no HTML page, so it is not replaced"},
		{a, a, "is an input of this audit"},
		{link, a, "is an input of this audit"},
		{page, filepath.Join(root, "in"), "is an input of this audit"},
		{policy, a, "is the policy"},
		{locked, a, "cannot write " + locked + ": permission denied"},
		{"-", a, "standard output has the report"},
		{"", a, "the file name is empty"},
		{filepath.Join(root, "none", "x.html"), a, "cannot write " + filepath.Join(root, "none", "x.html") + ": no such file"},
		{filepath.Join(a, "x.html"), a, "cannot write " + filepath.Join(a, "x.html") + ": not a directory"},
	} {
		before := snapshot(t, root)
		got := run(t, nil, "check", "--policy", policy, "--html", c.target, c.in)
		require.Equal(t, 2, got.status, "%s: %s", c.target, got.err)
		require.Contains(t, got.err, c.want)
		require.NotContains(t, got.err, ".tmp")
		require.Empty(t, got.out)
		require.Equal(t, before, snapshot(t, root), c.target)
	}
	in, err := os.Open(a)
	require.NoError(t, err)
	defer in.Close()
	require.Contains(t, run(t, in, "check", "--html", a, "-").err, "is an input of this audit")
}

// snapshot gives all files of a folder with their content.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[path] = string(data)
		return err
	}))
	return out
}

// TestHTMLTargets: what a page may be written to, links among it.
func TestHTMLTargets(t *testing.T) {
	policy, path, _ := corpus(t, "leak")
	root := t.TempDir()
	old, empty := filepath.Join(root, "old.html"), filepath.Join(root, "empty")
	require.NoError(t, os.WriteFile(old, []byte("<!DOCTYPE HTML>\nold"), 0o644))
	require.NoError(t, os.WriteFile(empty, nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(root, "sub"), 0o755))
	link, dangling := filepath.Join(root, "sub", "link"), filepath.Join(root, "dangling")
	require.NoError(t, os.Symlink("../old.html", link))
	require.NoError(t, os.Symlink("sub/new.html", dangling))
	for target, file := range map[string]string{
		old: old, empty: empty, link: old, dangling: filepath.Join(root, "sub", "new.html"), filepath.Join(root, "x"): filepath.Join(root, "x"),
	} {
		got := run(t, nil, "check", "--html", target, policy, path)
		require.Equal(t, 1, got.status, got.err)
		data, err := os.ReadFile(file)
		require.NoError(t, err, target)
		require.True(t, bytes.HasPrefix(data, []byte("<!doctype html>\n<html")), target)
		require.NotContains(t, got.err, "error")
	}
	for _, l := range []string{link, dangling} {
		info, err := os.Lstat(l)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink, "%s is still a link", l)
	}
	require.Equal(t, 1, run(t, nil, "check", "--html", os.DevNull, policy, path).status)
}

// TestHTMLFails: a page that cannot be written takes neither the report nor its
// status along.
func TestHTMLFails(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("this system has no /dev/full")
	}
	policy, leak, lines := corpus(t, "leak")
	cut := file(t, "cut.jsonl", lines[:len(lines)-100])
	for _, c := range []struct {
		status int
		args   []string
	}{
		{2, []string{policy, "--fail-on=none", leak}},
		{1, []string{policy, leak}},
		{3, []string{policy, leak, cut}},
	} {
		for _, format := range []string{"text", "json", "junit", "sarif"} {
			args := append([]string{"check", "--format", format}, c.args...)
			want, got := run(t, nil, args...), run(t, nil, append(args, "--html", full)...)
			require.Equal(t, c.status, got.status, got.err)
			require.Contains(t, got.err, "--html: cannot write /dev/full: no space left on device")
			if format != "text" { // its last line tells of the page
				require.Equal(t, want.out, got.out)
			}
			require.Greater(t, len(got.out), 500)
			require.NotContains(t, got.out, "The page is in")
		}
	}
}
