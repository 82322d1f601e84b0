package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// The document and the code say the same.
func TestSpecAgrees(t *testing.T) {
	c := loadContract(t)
	schema := func(pointer string) map[string]any {
		t.Helper()
		m, _ := c.at(pointer)
		require.NotNil(t, m, pointer)
		return m
	}
	require.Equal(t, stepForm, schema("/components/parameters/Step/schema")["pattern"])
	require.Equal(t, agoForm, schema("/components/schemas/When")["anyOf"].([]any)[1].(map[string]any)["pattern"])
	wait := schema("/paths/~1api~1v1~1policy/get")["parameters"].([]any)[0].(map[string]any)["schema"].(map[string]any)
	require.Equal(t, waitForm, wait["pattern"])
	text, limit := schema("/components/schemas/Text"), schema("/components/parameters/Limit/schema")
	require.EqualValues(t, maxText, number(t, text["maxLength"]))
	require.EqualValues(t, maxValues, number(t, schema("/components/schemas/Texts")["maxItems"]))
	require.EqualValues(t, store.MaxPage, number(t, limit["maximum"]))
	require.EqualValues(t, defaultPage, number(t, limit["default"]))

	var verdicts, findings []any
	for _, e := range auditor.Catalogue() {
		verdicts = append(verdicts, string(e.Verdict))
		if e.Severity != auditor.SeverityNone {
			findings = append(findings, string(e.Verdict))
		}
	}
	require.ElementsMatch(t, verdicts, schema("/components/schemas/Verdict")["enum"])
	require.ElementsMatch(t, findings, schema("/components/schemas/Violation")["enum"])
}

// number reads a number of the document.
func number(t *testing.T, v any) int64 {
	t.Helper()
	n, ok := v.(interface{ Int64() (int64, error) })
	require.True(t, ok, "%T", v)
	out, err := n.Int64()
	require.NoError(t, err)
	return out
}

// Every path and method of the document is served, and nothing else is.
func TestSpecIsWhole(t *testing.T) {
	w := serve(t, nil)
	for path, item := range loadContract(t).doc["paths"].(map[string]any) {
		for _, method := range []string{"GET", "PUT", "POST", "DELETE", "PATCH"} {
			_, documented := item.(map[string]any)[map[string]string{"GET": "get", "PUT": "put", "POST": "post", "DELETE": "delete", "PATCH": "patch"}[method]]
			if method == "GET" && documented {
				method = "HEAD" // streams have no end
			}
			a := w.ask(t, method, path, "")
			require.Equal(t, documented, a.status != 405, "%s %s", method, path)
		}
	}
}
