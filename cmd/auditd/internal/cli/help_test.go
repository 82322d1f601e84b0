package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// TestHelpFits: the commands of the daemon explain themselves within 80 columns.
func TestHelpFits(t *testing.T) {
	for _, c := range []string{"", "serve", "validate", "config", "components", "version"} {
		t.Run(c, func(t *testing.T) {
			var out bytes.Buffer
			root := newRoot()
			root.SetOut(&out)
			root.SetArgs(append(strings.Fields(c), "--help"))
			require.NoError(t, root.Execute())
			require.Contains(t, out.String(), "Usage:")
			for line := range strings.Lines(out.String()) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
			}
		})
	}
}

// TestHelpIsWrappedOnce: a line that a flag's words break is broken again.
func TestHelpIsWrappedOnce(t *testing.T) {
	for _, c := range append(newRoot().Commands(), newRoot()) {
		c.Flags().VisitAll(func(f *pflag.Flag) { require.NotContains(t, f.Usage, "\n", "%s --%s", c.Name(), f.Name) })
	}
}
