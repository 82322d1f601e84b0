package policyfile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

const stale = "stale: run go generate ./auditor/policyfile"

func TestGeneratedFilesAreCurrent(t *testing.T) {
	schema, err := spec.Schema()
	require.NoError(t, err)
	require.Equal(t, string(schema), string(policyfile.Schema()), stale)
	docs, err := spec.Docs()
	require.NoError(t, err)
	require.Equal(t, string(docs), string(read(t, "../../docs/policy.md")), stale)
}

// The policies that the reference page shows are valid, and the message that it
// shows is the real one.
func TestDocsTellTheTruth(t *testing.T) {
	docs, err := os.ReadFile("../../docs/policy.md")
	require.NoError(t, err)
	shown := 0
	for _, block := range strings.Split(string(docs), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		if !strings.HasPrefix(text, "version: 1\n") || text == "version: 1\n" {
			continue
		}
		shown++
		_, warnings, err := policyfile.Parse("p", []byte(text))
		require.NoError(t, err, text)
		require.Empty(t, warnings, text)
	}
	require.Equal(t, 2, shown)
	_, _, err = policyfile.Parse("policy.yaml", []byte("version: 1\norgins: [gateway]\n"))
	require.Contains(t, string(docs), "\n"+err.Error()+"\n")
}

// Every editor gets its own copy.
func TestSchemaIsACopy(t *testing.T) {
	policyfile.Schema()[0] = 'x'
	require.Equal(t, byte('{'), policyfile.Schema()[0])
}
