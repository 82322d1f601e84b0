package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/check"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/policycmd"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/serve"
)

// status ends a command with an exit status and no further words.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// ExitCode is the exit status.
func (s status) ExitCode() int { return int(s) }

// Main runs a command line (without the program's name) and returns the exit
// status. The first interrupt lets the command end with what it has; the second
// kills.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	// A reader that goes away (| head) is told by the write's error.
	signal.Ignore(syscall.SIGPIPE)
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	return exitOf(root.ExecuteContext(ctx), errs)
}

// exitOf tells an error and gives its status; what names none is wrong use.
func exitOf(err error, errs io.Writer) int {
	var s status
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return check.ExitOK
	case errors.As(err, &s):
		return int(s)
	case errors.As(err, &coded):
		fmt.Fprintln(errs, "auditd: "+render.CleanLines(err.Error()))
		return coded.ExitCode()
	}
	fmt.Fprintln(errs, "auditd: "+render.CleanLines(err.Error()))
	return check.ExitUsage
}

func newRoot() *cobra.Command {
	o := &serve.Options{}
	root := &cobra.Command{
		Use:   "auditd [flags]",
		Short: "Prove that gray traffic stays gray",
		Long: `auditd audits gray release from OpenTelemetry traces: it judges every hop of
every request, names the first one that lost the env tag or was served by the
wrong environment, and says how far the result can be trusted (coverage).

Without a command it runs the daemon, as "auditd serve" does: OTLP on
127.0.0.1:4317 (gRPC) and :4318 (HTTP), API and metrics on 127.0.0.1:4327, data
in ./dyetrace-data. "auditd check" audits files instead.`,
		Example: `  auditd --policy policy.yaml
  auditd check traces.jsonl.gz
  auditd check --policy policy.yaml --html report.html traces/
  auditd policy lint policy.yaml`,
		Args:          noSuchCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          runServe(o),
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetFlagErrorFunc(flagError)
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}\n")
	serveFlags(root.Flags(), o)
	completeServe(root)
	root.AddCommand(newServe(), newCheck(), policycmd.New(), newValidate(), newConfig(), newComponents(), newVersion())
	strictHelpers(root)
	return root
}
