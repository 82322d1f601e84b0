package check

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TestFormChangesNothing audits the real captures as JSON, which goes through pdata,
// and as protobuf, which is read off the wire: the reports are the same.
func TestFormChangesNothing(t *testing.T) {
	captures, err := filepath.Glob("../../../../auditor/testdata/java-agent/*/traces.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, captures)
	for _, lines := range captures {
		t.Run(filepath.Base(filepath.Dir(lines)), func(t *testing.T) {
			policy := filepath.Join(filepath.Dir(lines), "policy.yaml")
			proto := filepath.Join(t.TempDir(), "traces.pb")
			require.NoError(t, os.WriteFile(proto, asProto(t, lines), 0o600))
			require.Equal(t, reportOf(t, policy, lines), reportOf(t, policy, proto))
		})
	}
}

func asProto(t *testing.T, lines string) []byte {
	t.Helper()
	f, err := os.Open(lines)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	in := bufio.NewScanner(z)
	in.Buffer(nil, 64<<20)
	var out []byte
	for in.Scan() {
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(in.Bytes())
		require.NoError(t, err)
		message, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(t, err)
		out = append(out, message...)
	}
	require.NoError(t, in.Err())
	return out
}

// reportOf is the JSON report of a file, without its name.
func reportOf(t *testing.T, policy, path string) string {
	t.Helper()
	none, err := ParseFailOn("none")
	require.NoError(t, err)
	var out, diagnostics bytes.Buffer
	exit, err := Run(t.Context(), Options{Paths: []string{path}, Policy: policy, Format: "json", FailOn: none}, Streams{Out: &out, Err: &diagnostics})
	require.NoError(t, err)
	require.Equal(t, ExitOK, exit, diagnostics.String())
	return strings.ReplaceAll(out.String(), path, "FILE")
}
