package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "differs from %s; run with -update if that is meant", path)
}

func cases() map[string]render.Input {
	return map[string]render.Input{"full": full(), "clean": clean(), "broken": broken(), "zero": {}}
}

func text(o render.TextOptions) func(io.Writer, render.Input) error {
	return func(w io.Writer, in render.Input) error { return render.Text(w, in, o) }
}

func TestGolden(t *testing.T) {
	for name, in := range cases() {
		for form, write := range map[string]func(io.Writer, render.Input) error{
			"txt": text(render.TextOptions{Limit: 3, Footer: []string{"--html FILE writes a page."}}), "color.txt": text(render.TextOptions{Color: true}),
			"json": render.JSON, "junit.xml": render.JUnit, "sarif.json": render.SARIF,
		} {
			t.Run(name+"."+form, func(t *testing.T) {
				var a, b bytes.Buffer
				require.NoError(t, write(&a, in))
				require.NoError(t, write(&b, in))
				require.Equal(t, a.String(), b.String())
				golden(t, name+"."+form, a.Bytes())
			})
		}
	}
}

// TestTextFits: 80 cells, and nothing that a terminal obeys.
func TestTextFits(t *testing.T) {
	for name, in := range cases() {
		var b bytes.Buffer
		require.NoError(t, render.Text(&b, in, render.TextOptions{}))
		require.True(t, utf8.Valid(b.Bytes()), name)
		for l := range strings.Lines(b.String()) {
			l = strings.TrimSuffix(l, "\n")
			require.LessOrEqual(t, uniseg.StringWidth(l), 80, "%s: %q", name, l)
			require.Equal(t, strings.TrimRight(l, " "), l, name)
			require.Equal(t, -1, strings.IndexFunc(l, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf) }), "%s: %q", name, l)
		}
	}
}

// TestColor: colours change nothing but colours.
func TestColor(t *testing.T) {
	for name, in := range cases() {
		var plain, color bytes.Buffer
		require.NoError(t, render.Text(&plain, in, render.TextOptions{}))
		require.NoError(t, render.Text(&color, in, render.TextOptions{Color: true}))
		require.NotEqual(t, plain.String(), color.String(), name)
		require.NotContains(t, plain.String(), "\x1b")
		bare := color.String()
		for strings.Contains(bare, "\x1b[") {
			head, rest, _ := strings.Cut(bare, "\x1b[")
			_, rest, _ = strings.Cut(rest, "m")
			bare = head + rest
		}
		for i, l := range strings.Split(bare, "\n") {
			require.Equal(t, strings.TrimRight(strings.Split(plain.String(), "\n")[i], " "), strings.TrimRight(l, " "), name)
		}
	}
}

// TestTextPlace: a receiver that took what was not its own lost nothing.
func TestTextPlace(t *testing.T) {
	for _, c := range []struct {
		verdict auditor.Verdict
		axis    auditor.Axis
		where   auditor.Where
		want    string
	}{
		{auditor.VerdictLeak, auditor.AxisPlacement, auditor.WhereReceiver, "taken by the receiver"},
		{auditor.VerdictPollution, auditor.AxisPlacement, auditor.WhereReceiver, "taken by the receiver"},
		{auditor.VerdictCrossEnv, auditor.AxisPlacement, auditor.WhereReceiver, "taken by the receiver"},
		{auditor.VerdictCrossEnv, auditor.AxisPlacement, auditor.WhereSender, "sent there by the sender"},
		{auditor.VerdictLeak, auditor.AxisPlacement, auditor.WhereRouter, "chosen by the router or broker"},
		{auditor.VerdictEscape, auditor.AxisPropagation, auditor.WhereReceiver, "not restored by the receiver"},
		{auditor.VerdictEscape, auditor.AxisPropagation, auditor.WhereSender, "not injected by the sender"},
		{auditor.VerdictEscape, auditor.AxisPropagation, auditor.WhereInProcess, "lost inside the process"},
		{auditor.VerdictMutation, auditor.AxisPropagation, auditor.WhereInProcess, "inside the process"},
		{auditor.VerdictEscape, auditor.AxisPropagation, auditor.WhereWire, "on the wire"},
		{auditor.VerdictEscape, auditor.AxisPropagation, auditor.WhereUnknown, ""},
	} {
		in := clean()
		in.Report.Findings = []auditor.Finding{finding(1, c.verdict, c.axis, auditor.Proven, auditor.Blame{Service: "svc-a", Where: c.where})}
		var b bytes.Buffer
		require.NoError(t, render.Text(&b, in, render.TextOptions{}))
		_, place, found := strings.Cut(b.String(), "\n  place      ")
		place, _, _ = strings.Cut(place, "\n")
		require.Equal(t, c.want != "", found, "%s %s", c.verdict, c.where)
		require.Equal(t, c.want, place, "%s %s", c.verdict, c.where)
	}
}

func TestTextLimit(t *testing.T) {
	var all, two bytes.Buffer
	require.NoError(t, render.Text(&all, full(), render.TextOptions{}))
	require.NoError(t, render.Text(&two, full(), render.TextOptions{Limit: 2}))
	require.NotContains(t, all.String(), "more with")
	require.Contains(t, two.String(), "... and 2 more with 2 findings (--limit 0 shows all)")
	require.NotContains(t, all.String(), "withdrawn")
	require.Less(t, strings.Index(all.String(), "  leak"), strings.Index(all.String(), "  escape"))
	require.Less(t, strings.Index(all.String(), "  escape"), strings.Index(all.String(), "  pollution"))
}

func TestJSONNeverNull(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, render.JSON(&b, render.Input{}))
	require.NotContains(t, b.String(), "null")
	var r auditor.Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &r))
	require.Equal(t, 1, r.Version)
}

// TestJUnitCounts: the XML is well formed, and its counts are those of its cases.
func TestJUnitCounts(t *testing.T) {
	type problem struct {
		Message string `xml:"message,attr"`
	}
	var doc struct {
		Tests, Failures, Errors int `xml:",attr"`
		Suites                  []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string   `xml:"name,attr"`
				Failure *problem `xml:"failure"`
				Error   *problem `xml:"error"`
				Skipped *problem `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	for name, in := range cases() {
		var b bytes.Buffer
		require.NoError(t, render.JUnit(&b, in))
		doc.Suites = nil
		require.NoError(t, xml.Unmarshal(b.Bytes(), &doc), name)
		require.Len(t, doc.Suites, 1)
		s := doc.Suites[0]
		require.Len(t, s.Cases, s.Tests)
		names := map[string]bool{}
		for _, c := range s.Cases {
			require.False(t, names[c.Name], c.Name)
			names[c.Name] = true
			if c.Failure != nil {
				s.Failures--
			}
			if c.Error != nil {
				s.Errors--
			}
			if c.Skipped != nil {
				s.Skipped--
			}
		}
		require.Zero(t, s.Failures, name)
		require.Zero(t, s.Errors, name)
		require.Zero(t, s.Skipped, name)
	}
}

// TestJUnitFollowsFailOn: what fails is what the exit status counts.
func TestJUnitFollowsFailOn(t *testing.T) {
	in := full()
	in.Fails = func(f auditor.Finding) bool { return f.Verdict == auditor.VerdictStranded }
	var b bytes.Buffer
	require.NoError(t, render.JUnit(&b, in))
	require.Equal(t, 1, strings.Count(b.String(), "<failure "))
	require.Contains(t, b.String(), `<failure message="1 suspected: No consumer`)
	require.Equal(t, 3, strings.Count(b.String(), "<skipped "))
}

func sarifSchema(t *testing.T) *jsonschema.Schema {
	f, err := os.Open("testdata/sarif/sarif-2.1.0-rtm.5.json")
	require.NoError(t, err)
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("sarif.json", doc))
	s, err := c.Compile("sarif.json")
	require.NoError(t, err)
	return s
}

func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	for name, in := range cases() {
		var b bytes.Buffer
		require.NoError(t, render.SARIF(&b, in))
		doc, err := jsonschema.UnmarshalJSON(&b)
		require.NoError(t, err)
		require.NoError(t, schema.Validate(doc), name)
		run := doc.(map[string]any)["runs"].([]any)[0].(map[string]any)
		rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
		for _, r := range run["results"].([]any) {
			result := r.(map[string]any)
			i, err := result["ruleIndex"].(json.Number).Int64()
			require.NoError(t, err)
			require.Equal(t, result["ruleId"], rules[i].(map[string]any)["id"])
		}
	}
	require.Error(t, schema.Validate(map[string]any{"version": "2.1.0"}), "the schema has teeth")
}

type failWriter struct{}

var errFull = errors.New("disk full")

func (failWriter) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	for name, write := range map[string]func(io.Writer, render.Input) error{
		"text": text(render.TextOptions{}), "json": render.JSON, "junit": render.JUnit, "sarif": render.SARIF,
	} {
		require.ErrorIs(t, write(failWriter{}, full()), errFull, name)
	}
}
