package audittest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every code and trap of taxonomy.md has a case that names it.
func TestBuiltinCasesCoverTheTaxonomy(t *testing.T) {
	scripts, err := Load(Builtin())
	require.NoError(t, err)
	covered := map[string]bool{}
	for _, s := range scripts {
		for _, c := range s.Cases {
			for _, code := range c.Covers {
				covered[code] = true
			}
		}
	}
	for letter, last := range map[string]int{"R": 12, "M": 20, "T": 20} {
		for i := 1; i <= last; i++ {
			code := fmt.Sprint(letter, i)
			require.True(t, covered[code], "no case names %s", code)
			delete(covered, code)
		}
	}
	require.Empty(t, covered, "names that the taxonomy does not have")
}

// Every policy of a case is valid: a case must not fail for its own mistake.
func TestBuiltinPoliciesAreValid(t *testing.T) {
	scripts, err := Load(Builtin())
	require.NoError(t, err)
	for _, s := range scripts {
		for i := range s.Cases {
			_, err := s.Cases[i].Policy()
			require.NoError(t, err, s.Cases[i].Name)
		}
	}
}

// The examples of the README are scripts that parse.
func TestReadmeExamplesParse(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := strings.Split(string(text), "```audit\n")
	require.Greater(t, len(blocks), 1)
	for _, block := range blocks[1:] {
		example, _, _ := strings.Cut(block, "```")
		s, err := Parse("README.md", []byte(example))
		require.NoError(t, err)
		_, err = s.Cases[0].Policy()
		require.NoError(t, err)
	}
}
