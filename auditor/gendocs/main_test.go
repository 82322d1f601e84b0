package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
)

const (
	engine = ".." // package auditor
	docs   = "../../docs"
)

func TestPageIsCurrent(t *testing.T) {
	want, err := render()
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(docs, "verdicts.md"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "out of date: run go generate ./auditor")
}

func TestRunWritesThePage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "verdicts.md")
	require.NoError(t, run(name))
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	want, err := render()
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	require.Error(t, run(filepath.Join(t.TempDir(), "no", "folder")))
}

// Every verdict, code and reason has a place that a link can point to.
func TestPageHasEveryAnchor(t *testing.T) {
	page, err := render()
	require.NoError(t, err)
	var want []string
	for _, e := range auditor.Catalogue() {
		require.FileExists(t, filepath.Join(engine, e.Rule), "rule of %s", e.Verdict)
		want = append(want, e.Anchor)
	}
	for _, c := range auditor.Codes() {
		want = append(want, string(c.Code))
	}
	for _, r := range auditor.Reasons() {
		want = append(want, "reason-"+string(r.Reason))
	}
	for _, a := range want {
		require.Equal(t, 1, strings.Count(string(page), `<a id="`+a+`"></a>`), "anchor %s", a)
	}
}

// Every rule file is on the page, and the page names no file that is gone.
func TestPageNamesEveryRule(t *testing.T) {
	var listed []string
	for _, r := range ruleLines() {
		listed = append(listed, r.File)
	}
	files, err := filepath.Glob(filepath.Join(engine, "rule_*.go"))
	require.NoError(t, err)
	var want []string
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			want = append(want, filepath.Base(f))
		}
	}
	require.ElementsMatch(t, want, listed)
	for _, e := range auditor.Catalogue() {
		if strings.HasPrefix(e.Rule, "rule_") {
			require.Contains(t, listed, e.Rule, "rule of %s", e.Verdict)
		}
	}
}

// The order on the page is that of the switches in judge.go.
func TestPageHasTheOrderOfTheRules(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(engine, "judge.go"), nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, axis := range []auditor.Axis{auditor.AxisPropagation, auditor.AxisPlacement} {
		var want, got []string
		for _, name := range called(f, string(axis)) {
			want = append(want, "rule_"+strings.ToLower(strings.TrimPrefix(name, "rule"))+".go")
		}
		for _, r := range ruleLines() {
			if r.Axis == axis && r.File != "rule_property.go" { // asked beside the hop
				got = append(got, r.File)
			}
		}
		require.NotEmpty(t, want)
		require.Equal(t, want, got, "axis %s", axis)
	}
}

// called lists the rules that a function of judge.go calls, in order.
func called(f *ast.File, function string) []string {
	var out []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != function {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if id, ok := c.Fun.(*ast.Ident); ok && strings.HasPrefix(id.Name, "rule") {
					out = append(out, id.Name)
				}
			}
			return true
		})
	}
	return out
}

// Each code of the order is one that evidence gives.
func TestOrdersNameKnownCodes(t *testing.T) {
	for _, o := range orders() {
		for _, code := range o.Codes {
			require.True(t, slices.ContainsFunc(auditor.Codes(), func(c auditor.CodeEntry) bool {
				return c.Code == code && c.Blind == ""
			}), "code %s of %s", code, o.Names())
		}
	}
}

// The published precedence is the engine's: precedence.audit shows two pieces of
// evidence at once, for each pair of neighbours that can meet.
func TestPrecedenceHolds(t *testing.T) {
	data, err := os.ReadFile("testdata/precedence.audit")
	require.NoError(t, err)
	cases := fstest.MapFS{"precedence.audit": {Data: data}}
	t.Run("offline", func(t *testing.T) { audittest.Run(t, cases, audittest.Offline) })
	t.Run("streaming", func(t *testing.T) { audittest.Run(t, cases, audittest.Streaming) })
}
