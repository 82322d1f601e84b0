package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProgramsInTheDocsCompile type-checks every program on the pages of the
// RPC side. They are laid over this module, so nothing is written into it.
func TestProgramsInTheDocsCompile(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```go\n(.*?\n)```$")
	here, err := os.Getwd()
	require.NoError(t, err)
	overlay := map[string]string{}
	dir := t.TempDir()
	var packages []string
	for _, page := range []string{"sdk.md", "edge.md", "http.md", "grpc.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "instrumentation", page))
		require.NoError(t, err)
		found := block.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found, page)
		for i, match := range found {
			require.True(t, strings.HasPrefix(match[1], "package main\n"), "%s: block %d is no whole program", page, i+1)
			name := fmt.Sprintf("docs_%s_%d", strings.TrimSuffix(page, ".md"), i+1)
			file := filepath.Join(dir, name+".go")
			require.NoError(t, os.WriteFile(file, []byte(match[1]), 0o600))
			overlay[filepath.Join(here, name, "main.go")] = file
			packages = append(packages, "./"+name)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	overlayFile := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(overlayFile, text, 0o600))
	build := exec.CommandContext(t.Context(), "go", append([]string{"build", "-overlay", overlayFile}, packages...)...)
	build.Env = append(os.Environ(), "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
}
