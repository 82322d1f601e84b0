package check

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoIDs: spans that the engine had to leave out are told, not denied.
func TestNoIDs(t *testing.T) {
	const whole = `{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}`
	for _, c := range []struct {
		spans, out, err string
		not             string
	}{
		{`{},{"spanId":"0102030405060708"}`, "2 spans have no trace id or no span id", "No span in the input has its ids", "There were no spans"},
		{`{},` + whole, "1 span has no trace id or no span id", "warning: 1 span has no trace id", "No span in the input"},
		{whole, "spans      1 in 1 trace", "", "no span id"},
	} {
		for _, format := range Formats() {
			in := strings.NewReader(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + c.spans + `]}]}]}`)
			var out, diagnostics bytes.Buffer
			status, err := Run(t.Context(), Options{Paths: []string{"-"}, Format: format}, Streams{In: in, Out: &out, Err: &diagnostics})
			require.NoError(t, err)
			require.Equal(t, ExitOK, status)
			require.Contains(t, diagnostics.String(), c.err)
			if format == "text" || c.err != "" {
				require.Contains(t, strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(c.out), " "))
			}
			require.NotContains(t, out.String()+diagnostics.String(), c.not)
		}
	}
}
