package policyfile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

var update = flag.Bool("update", false, "write the .want files; read them before you commit")

// files gives the YAML files of a folder of testdata.
func files(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// wanted compares got with the file beside the YAML file.
func wanted(t *testing.T, path, got string) {
	t.Helper()
	want := strings.TrimSuffix(path, ".yaml") + ".want"
	if *update {
		require.NoError(t, os.WriteFile(want, []byte(got), 0o600))
	}
	require.Equal(t, string(read(t, want)), got)
}

// Every bad file has beside it all that is told of it.
func TestInvalidFiles(t *testing.T) {
	for _, path := range files(t, "invalid") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			policy, _, err := policyfile.Parse(filepath.Base(path), read(t, path))
			var all policyfile.Errors
			require.ErrorAs(t, err, &all)
			require.Equal(t, auditor.Policy{}, policy)
			for _, e := range all {
				require.Positive(t, e.Line)
				require.Positive(t, e.Column)
				require.NotEmpty(t, e.Advice)
			}
			wanted(t, path, err.Error()+"\n")
		})
	}
}

func TestOddFiles(t *testing.T) {
	for _, path := range files(t, "odd") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, warnings, err := policyfile.Parse(filepath.Base(path), read(t, path))
			require.NoError(t, err)
			var got strings.Builder
			for _, w := range warnings {
				got.WriteString(w.String() + "\n")
			}
			require.NotEmpty(t, got.String())
			wanted(t, path, got.String())
		})
	}
}
