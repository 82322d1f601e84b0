package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The engine is called and returns; it starts nothing and waits for nothing.
func TestEngineHasNoConcurrency(t *testing.T) {
	for _, name := range engineFiles(t) {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
				t.Errorf("%s: the engine has no goroutines and no channels", fset.Position(n.Pos()))
			}
			return true
		})
	}
}

// One rule, one file, one table test.
func TestEveryRuleHasItsTest(t *testing.T) {
	for _, name := range engineFiles(t) {
		if !strings.HasPrefix(filepath.Base(name), "rule_") {
			continue
		}
		test := strings.TrimSuffix(name, ".go") + "_test.go"
		if _, err := os.Stat(test); err != nil {
			t.Errorf("%s has no table test: write %s", name, filepath.Base(test))
		}
	}
}

// engineFiles returns the files of package auditor without its tests.
func engineFiles(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "auditor", "*.go"))
	require.NoError(t, err)
	var product []string
	for _, name := range all {
		if !strings.HasSuffix(name, "_test.go") {
			product = append(product, name)
		}
	}
	require.NotEmpty(t, product)
	return product
}
