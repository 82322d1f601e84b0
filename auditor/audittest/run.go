package audittest

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/dyetrace/dyetrace/auditor"
)

// Runner audits one feed under a policy and returns the outcome after its end,
// with findings that carry the feed's ids. It may be called many times, one
// after the other, and must not change the feed.
type Runner func(policy auditor.Policy, feed []Arrival) (auditor.Report, error)

//go:embed cases/*.audit
var builtin embed.FS

// Builtin returns the built-in cases.
func Builtin() fs.FS { return builtin }

// RunBuiltin runs the built-in cases. Every implementation must pass them all.
func RunBuiltin(t *testing.T, run Runner) {
	t.Helper()
	Run(t, Builtin(), run)
}

// Run runs every case of the *.audit files of fsys, in each of its orders of
// arrival, and fails t with what differs from the expectations.
func Run(t *testing.T, fsys fs.FS, run Runner) {
	t.Helper()
	for _, s := range load(t, fsys) {
		t.Run(strings.TrimSuffix(path.Base(s.Name), ".audit"), func(t *testing.T) {
			for i := range s.Cases {
				t.Run(s.Cases[i].Name, func(t *testing.T) { runCase(t, &s.Cases[i], run) })
			}
		})
	}
}

// Load parses every *.audit file below the root of fsys, in order of name.
func Load(fsys fs.FS) ([]*Script, error) {
	var out []*Script
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".audit" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		s, err := Parse(name, data)
		out = append(out, s)
		return err
	})
	return out, err
}

func load(t *testing.T, fsys fs.FS) []*Script {
	t.Helper()
	scripts, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) == 0 {
		t.Fatal("no .audit file: nothing would be tested")
	}
	return scripts
}

func runCase(t *testing.T, c *Case, run Runner) {
	policy, err := c.Policy()
	if err != nil {
		t.Fatal(err)
	}
	for _, feed := range c.Feeds(policy.Windows.Liveness) {
		report, err := run(policy, feed.Arrivals)
		if err != nil {
			t.Errorf("%s:%d: %s: %v", c.File, c.Line, feed.Name, err)
			return
		}
		problems := Check(c, &report)
		for _, p := range problems {
			t.Errorf("%s (%s)", p, feed.Name)
		}
		if len(problems) > 0 {
			return // the other orders would say the same
		}
	}
}
