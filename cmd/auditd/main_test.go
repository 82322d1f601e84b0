package main_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

const corpora = "../../auditor/testdata/java-agent"

// TestMain builds the command once; its path is handed on in the environment.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "auditd")
	if err == nil {
		var out []byte
		bin := filepath.Join(dir, "auditd")
		out, err = exec.CommandContext(context.Background(), "go", "build", "-o", bin, ".").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		} else {
			err = os.Setenv("AUDITD_UNDER_TEST", bin)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func command(t *testing.T, args ...string) *exec.Cmd {
	return exec.CommandContext(t.Context(), os.Getenv("AUDITD_UNDER_TEST"), args...)
}

type result struct {
	status   int
	out, err string
}

func run(t *testing.T, in io.Reader, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &errs
	return result{statusOf(t, cmd.Run()), out.String(), errs.String()}
}

func statusOf(t *testing.T, err error) int {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	require.NoError(t, err)
	return 0
}

func report(t *testing.T, r result) auditor.Report {
	t.Helper()
	var out auditor.Report
	require.NoError(t, json.Unmarshal([]byte(r.out), &out), r.err)
	require.Equal(t, 1, out.Version)
	return out
}

// corpus gives the policy flag, the file's path and its unpacked lines.
func corpus(t *testing.T, name string) (policy, path string, lines []byte) {
	t.Helper()
	path = filepath.Join(corpora, name, "traces.jsonl.gz")
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines, err = io.ReadAll(z)
	require.NoError(t, err)
	return "--policy=" + filepath.Join(corpora, name, "policy.yaml"), path, lines
}

func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(p, data, 0o644))
	return p
}

func TestUsage(t *testing.T) {
	good := file(t, "good.json", []byte("{}"))
	bad := file(t, "policy.yaml", []byte("version: 1\nkeyz: {}\n"))
	for _, c := range []struct {
		args     string
		status   int
		out, err string
	}{
		{"--help", 0, "auditd check traces.jsonl.gz", ""},
		{"serve --help", 0, "127.0.0.1:4327", ""},
		{"config", 0, "otlp:", ""},
		{"components", 0, "memory_limiter", ""},
		{"validate", 0, "", ""},
		{"validate --config /nowhere.yaml", 2, "", "/nowhere.yaml"},
		{"validate --policy " + bad, 2, "", "policy.yaml:2:1"},
		{"validate --set nonsense", 2, "", "give key=value"},
		{"validate --set receivers::otlp::protocols::grpc::endpoin=x", 2, "", "endpoin"},
		{"--policy " + bad, 2, "", "policy.yaml:2:1"},
		{"serve --config /nowhere.yaml", 2, "", "/nowhere.yaml"},
		{"serve --data /proc/nowhere", 1, "", "data folder"},
		{"check --help", 0, "length-prefixed", ""},
		{"check --help", 0, "  .json .jsonl .ndjson .otlp .pb .binpb .proto .bin\nor in one of these and .gz", ""},
		{"version", 0, "auditd ", ""},
		{"completion bash", 0, "bash completion", ""},
		{"policy schema", 0, `"$schema"`, ""},
		{"policy lint " + bad, 2, "keyz", "invalid"},
		{"--nonsense", 2, "", "unknown flag: --nonsense"},
		{"nonsense", 2, "", `unknown command "nonsense"`},
		{"chekc", 2, "", "Did you mean 'auditd check'?"},
		{"help chekc", 2, "", "Did you mean 'auditd check'?"},
		{"help check", 0, "length-prefixed", ""},
		{"help help", 0, "help for any command", ""},
		{"help policy lnt", 2, "", "Did you mean 'auditd policy lint'?"},
		{"policy lnt", 2, "", "did you mean 'auditd policy lint'?"},
		{"policy nonsense", 2, "", "write policy lint or policy schema"},
		{"completion tcsh", 2, "", `unknown command "tcsh"`},
		{"completion zhs", 2, "", "Did you mean 'auditd completion zsh'?"},
		{"completion", 0, "Available Commands", ""},
		{"--version", 0, "auditd ", ""},
		{"check --format=jsn " + good, 2, "", `did you mean "json"? use text`},
		{"check --no-progress=maybe " + good, 2, "", `"maybe" is not true or false`},
		{good, 2, "", "To audit a file: auditd check"},
		{"version x", 2, "", "unknown command"},
		{"check", 2, "", "no PATH"},
		{"check --nonsense " + good, 2, "", "unknown flag: --nonsense"},
		{"check --limit=x " + good, 2, "", `auditd: --limit: "x" is not a whole number`},
		{"check --limit=-1 " + good, 2, "", "negative"},
		{"check --format=xml " + good, 2, "", "unknown format"},
		{"check --color=red " + good, 2, "", "--color"},
		{"check --fail-on=leek " + good, 2, "", "unknown word"},
		{"check --policy=/nowhere/p.yaml " + good, 2, "", "--policy"},
		{"check --policy=" + bad + " " + good, 2, "", "policy.yaml:2:1"},
		{"check --html=/nowhere/r.html " + good, 2, "", "--html"},
		{"check --html=" + filepath.Dir(good) + " " + good, 2, "", "is a folder"},
		{"check - -", 2, "", `"-" was given twice`},
		{"check " + good, 0, "Nothing was judged", "There were no spans"},
		{"check /nowhere/x.json", 3, "Nothing was judged", "/nowhere/x.json: no such file"},
		{"check " + bad, 3, "Nothing was judged", "neither OTLP JSON nor OTLP protobuf"},
	} {
		t.Run(c.args, func(t *testing.T) {
			got := run(t, nil, strings.Fields(c.args)...)
			require.Equal(t, c.status, got.status, got.err)
			require.Contains(t, got.out, c.out)
			require.Contains(t, got.err, c.err)
			if c.err == "" {
				require.Empty(t, got.err)
			}
			require.NotContains(t, got.err, "panic")
			require.NotContains(t, got.err, "strconv")
		})
	}
}

func TestStatus(t *testing.T) {
	leakPolicy, leak, lines := corpus(t, "leak")
	okPolicy, ok, _ := corpus(t, "ok")
	cut := file(t, "cut.jsonl", lines[:len(lines)-100])
	for _, c := range []struct {
		name   string
		status int
		args   []string
	}{
		{"nothing found", 0, []string{okPolicy, ok}},
		{"findings", 1, []string{leakPolicy, leak}},
		{"findings that do not count", 0, []string{leakPolicy, leak, "--fail-on=none"}},
		{"of another verdict", 0, []string{leakPolicy, leak, "--fail-on=mutation"}},
		{"of this verdict", 1, []string{leakPolicy, leak, "--fail-on=mutation,leak"}},
		{"bad input wins over findings", 3, []string{leakPolicy, leak, cut}},
		{"several paths, one missing", 3, []string{okPolicy, ok, "/nowhere"}},
		{"a folder", 1, []string{leakPolicy, filepath.Join(corpora, "leak")}},
	} {
		for _, format := range []string{"text", "json", "junit", "sarif"} {
			got := run(t, nil, append([]string{"check", "--format", format}, c.args...)...)
			require.Equal(t, c.status, got.status, "%s, %s: %s", c.name, format, got.err)
			require.NotEmpty(t, got.out, c.name)
		}
	}
}

// TestForms: the form of the input does not matter, nor how it is cut into files.
func TestForms(t *testing.T) {
	policy, path, lines := corpus(t, "leak")
	want := run(t, nil, "check", "--format=json", policy, path)
	require.Equal(t, 1, want.status, want.err)
	require.Positive(t, report(t, want).Summary.Findings[auditor.VerdictLeak])

	requests := bytes.Split(bytes.TrimSpace(lines), []byte("\n"))
	var pretty, proto, frames bytes.Buffer
	for _, r := range requests {
		require.NoError(t, json.Indent(&pretty, r, "", "  "))
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(r)
		require.NoError(t, err)
		pb, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		proto.Write(pb)
		frames.Write(binary.BigEndian.AppendUint32(nil, uint32(len(pb))))
		frames.Write(pb)
	}
	array := append(append([]byte("["), bytes.Join(requests, []byte(","))...), ']')
	forms := map[string][]byte{"lines": lines, "pretty": pretty.Bytes(), "array": array, "protobuf": proto.Bytes(), "frames": frames.Bytes()}
	for name, data := range forms {
		require.Equal(t, want.out, run(t, nil, "check", "--format=json", policy, file(t, "x", data)).out, name)
		require.Equal(t, want.out, run(t, bytes.NewReader(data), "check", "--format=json", policy, "-").out, name+", standard input")
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(data)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		require.Equal(t, want.out, run(t, nil, "check", "--format=json", policy, file(t, "x", packed.Bytes())).out, name+", gzip")
	}

	dir := t.TempDir()
	half := bytes.Index(lines[len(lines)/2:], []byte("\n")) + len(lines)/2 + 1
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1.jsonl"), lines[:half], 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2.jsonl"), lines[half:], 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "expect.json"), []byte(`{"corpus":"leak"}`), 0o644))
	got := run(t, nil, "check", "--format=json", policy, dir)
	require.Equal(t, want.out, got.out)
	require.Equal(t, want.status, got.status)
	require.Contains(t, got.err, "expect.json: skipped")
}

// TestBadInput: what was read before the bad place is reported, the place is told.
func TestBadInput(t *testing.T) {
	policy, _, lines := corpus(t, "leak")
	first := bytes.IndexByte(lines, '\n') + 1
	bad := file(t, "bad.jsonl", append(bytes.Clone(lines[:first]), "{\"resourceSpans\":[}]}\n"...))
	got := run(t, nil, "check", "--format=json", policy, bad)
	require.Equal(t, 3, got.status)
	require.Contains(t, got.err, fmt.Sprintf("%s:2: byte %d: bad JSON", bad, first+18))
	require.Positive(t, report(t, got).Summary.Spans)
}

// TestKeyHint: without a policy the command offers one, and it works.
func TestKeyHint(t *testing.T) {
	_, path, _ := corpus(t, "ok")
	got := run(t, nil, "check", path)
	require.Equal(t, 0, got.status, got.err)
	_, text, ok := strings.Cut(got.err, "\n\nversion: 1\n")
	require.True(t, ok, got.err)
	policy := file(t, "offered.yaml", []byte("version: 1\n"+text))
	r := report(t, run(t, nil, "check", "--format=json", "--policy", policy, path))
	require.Positive(t, r.Summary.Judged)
}

func TestHTML(t *testing.T) {
	policy, path, _ := corpus(t, "leak")
	dir := t.TempDir()
	page := filepath.Join(dir, "report.html")
	require.NoError(t, os.WriteFile(page, []byte("<!doctype html>old"), 0o640))
	got := run(t, nil, "check", "--html", page, policy, path)
	require.Equal(t, 1, got.status, got.err)
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(data), "<html")
	require.Contains(t, string(data), "c5cfa9a24faaac6a7f75d57ec9ccbc38")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "no other file is left")

	got = run(t, nil, "check", "--html", filepath.Join(dir, "none.html"), policy, "--policy=/nowhere", path)
	require.Equal(t, 2, got.status)
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "a failed run leaves nothing")
}

func TestColor(t *testing.T) {
	policy, path, _ := corpus(t, "leak")
	require.NotContains(t, run(t, nil, "check", policy, path).out, "\x1b")
	require.Contains(t, run(t, nil, "check", "--color=always", policy, path).out, "\x1b[")
}

// TestBrokenPipe: a reader that goes away is no error of ours.
func TestBrokenPipe(t *testing.T) {
	policy, path, _ := corpus(t, "leak")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	var errs bytes.Buffer
	cmd := command(t, "check", "--format=json", policy, path)
	cmd.Stdout, cmd.Stderr = w, &errs
	status := statusOf(t, cmd.Run())
	require.NoError(t, w.Close())
	require.Equal(t, 1, status)
	require.NotContains(t, errs.String(), "pipe")
}

// TestInterrupt: what was read until then is reported.
func TestInterrupt(t *testing.T) {
	policy, _, lines := corpus(t, "leak")
	var out, errs bytes.Buffer
	cmd := command(t, "check", "--format=json", policy, "-")
	cmd.Stdout, cmd.Stderr = &out, &errs
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	// More than pipe and buffers hold: once it is written, the command reads, and
	// so has set up its signals.
	for range 16<<20/len(lines) + 1 {
		_, err = in.Write(lines)
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Equal(t, 130, statusOf(t, cmd.Wait()), errs.String())
	require.Contains(t, errs.String(), "interrupted")
	require.Positive(t, report(t, result{out: out.String(), err: errs.String()}).Summary.Spans)
}

// TestHelpFitsATerminal: every command's help fits into 80 columns.
func TestHelpFitsATerminal(t *testing.T) {
	for _, args := range [][]string{
		{}, {"serve"}, {"check"}, {"policy"}, {"policy", "lint"}, {"policy", "schema"}, {"validate"}, {"config"}, {"components"}, {"version"},
	} {
		r := run(t, nil, append(args, "--help")...)
		require.Zero(t, r.status, r.err)
		for line := range strings.Lines(r.out) {
			require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), 80, "auditd %s --help: %q", strings.Join(args, " "), line)
		}
	}
}
