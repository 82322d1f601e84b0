package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/check"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// checkLong names the endings as the walk knows them.
func checkLong() string {
	return fmt.Sprintf(checkText, strings.Join(otlpfile.Endings(), " "))
}

const checkText = `Check judges the traces in files and says what it found.

PATH is a file, a folder or - for standard input. Folders are walked, through
links and without hidden files, for files that end in
  %s
or in one of these and .gz. Several paths are one audit.

Read are OTLP JSON (one ExportTraceServiceRequest a line, as the collector's
file exporter writes, or documents) and OTLP protobuf (one message, or the file
exporter's length-prefixed ones), each also gzipped; the form is told by the
content. Spans are streamed and never held; the memory is that of their facts.

Exit status: 0 nothing found; 1 findings that --fail-on names; 2 wrong use,
invalid policy, or a report that could not be written (a page only where 0 would
be said); 3 unreadable or malformed input (what was read is reported all the
same); 130 interrupted.

--fail-on takes a list of
  proven          every proven finding (the default)
  any, all        every finding, suspected ones too; also: suspected
  VERDICT         proven findings of this verdict or effect: leak, cross_env,
                  escape, mutation, pollution, injection, stranded
  VERDICT:suspected  suspected ones too
or none.`

const checkExample = `  # one file, with the default keys gray.env and gray.home
  auditd check traces.jsonl.gz

  # with a policy, and a page to share
  auditd check --policy policy.yaml --html report.html traces/

  # in CI: fail on proven leaks and on any escape
  auditd check --format junit --fail-on leak,escape:suspected traces.jsonl

  # from a pipe
  zstd -dc traces.jsonl.zst | auditd check -`

type checkFlags struct {
	check.Options
	failOn, color string
	noProgress    bool
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:     "check [flags] PATH...",
		Short:   "Audit traces in files",
		Long:    checkLong(),
		Example: checkExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("check: no PATH: name a file, a folder, or - for standard input\nRun 'auditd check --help' for examples")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Paths = args
			return runCheck(cmd, &f)
		},
	}
	p := cmd.Flags()
	p.StringVar(&f.Policy, "policy", "", "policy `FILE` (default: the keys gray.env and gray.home)")
	p.StringVar(&f.Format, "format", "text", "`FORMAT` of the report on standard output: "+strings.Join(check.Formats(), ", "))
	p.StringVar(&f.HTML, "html", "", "also write the report as a web page to `FILE`")
	p.StringVar(&f.failOn, "fail-on", check.DefaultFailOn, "`LIST` of findings that make the exit status 1, or none")
	p.StringVar(&f.color, "color", "auto", "`WHEN` to colour the text: auto, always, never")
	p.BoolVar(&f.noProgress, "no-progress", false, "show no progress on standard error")
	p.IntVar(&f.Limit, "limit", 20, "show at most `N` groups of findings in text; 0: everything")
	complete(cmd)
	return cmd
}

func complete(cmd *cobra.Command) {
	fixed := func(words ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	for flag, f := range map[string]cobra.CompletionFunc{
		"format":  fixed(check.Formats()...),
		"color":   fixed("auto", "always", "never"),
		"fail-on": fixed("none", "proven", "any", "leak", "cross_env", "escape", "mutation", "pollution", "injection", "stranded"),
		"limit":   fixed(),
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, f) // fails only for an unknown flag
	}
}

func runCheck(cmd *cobra.Command, f *checkFlags) error {
	if !slices.Contains(check.Formats(), f.Format) {
		return fmt.Errorf("--format: unknown format %q (%suse %s)", f.Format, didYouMean(f.Format, check.Formats()), strings.Join(check.Formats(), ", "))
	}
	if f.Limit < 0 {
		return fmt.Errorf("--limit: %d is negative (0 shows everything)", f.Limit)
	}
	if cmd.Flags().Changed("html") && f.HTML == "" {
		return errors.New("--html: the file name is empty (a variable that is not set?): name a file, or leave --html out")
	}
	var err error
	if f.FailOn, err = check.ParseFailOn(f.failOn); err != nil {
		return err
	}
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	if f.Color, err = useColor(f.color, out); err != nil {
		return err
	}
	f.Progress = !f.noProgress && isTerminal(errs)
	f.Version = version()
	code, err := check.Run(cmd.Context(), f.Options, check.Streams{In: cmd.InOrStdin(), Out: out, Err: errs})
	if err != nil {
		return err
	}
	if code != check.ExitOK {
		return status(code)
	}
	return nil
}

// useColor follows no-color.org: NO_COLOR, when not empty, turns auto off.
func useColor(when string, out io.Writer) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", nil
	}
	return false, fmt.Errorf("--color: unknown word %q (use auto, always or never)", when)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
