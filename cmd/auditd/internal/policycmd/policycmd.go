// Package policycmd is the command "auditd policy": it checks policy files and
// prints their schema.
package policycmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/internal/nearest"
)

// statusInvalid is the exit status for wrong use and invalid policies
// (design.md section 5).
const statusInvalid = 2

// statusError is an error that says the exit status it wants.
type statusError struct{ error }

// ExitCode implements the interface that auditd's main looks for.
func (statusError) ExitCode() int { return statusInvalid }

// Unwrap gives the cause.
func (e statusError) Unwrap() error { return e.error }

// New returns the command. What it finds goes to the command's standard output,
// one line each; the error it returns sums up, and has the method ExitCode() int:
// 2 for invalid or unreadable policies and for wrong use.
func New() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "policy",
		Short:         "Check policy files, or print their JSON Schema",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return statusError{err} })
	cmd.AddCommand(lintCommand(), schemaCommand())
	return cmd
}

// unknown refuses a word that is none of the commands.
func unknown(cmd *cobra.Command, word string) error {
	advice := "write policy lint or policy schema"
	if best := nearest.Word(word, []string{"lint", "schema"}); best != "" {
		advice = fmt.Sprintf("did you mean '%s %s'?", cmd.CommandPath(), best)
	}
	return statusError{fmt.Errorf("unknown command %q: %s", word, advice)}
}

func lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check policy files",
		Long: `Lint prints what is wrong in policy files (error) and what is odd but valid
(warning), with line and column. The file - is standard input.

Exit status: 0 all files are valid, 2 a file is invalid or cannot be read.`,
		Example:       "  auditd policy lint policy.yaml",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          wrongUse(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return lint(cmd.InOrStdin(), cmd.OutOrStdout(), args)
		},
	}
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:           "schema",
		Short:         "Print the JSON Schema of policy files",
		Example:       "  auditd policy schema > policy.schema.json",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          wrongUse(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(policyfile.Schema())
			return err
		},
	}
}

// wrongUse gives the errors of an argument check the status of wrong use.
func wrongUse(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return statusError{fmt.Errorf("%w\nusage: %s", err, cmd.UseLine())}
		}
		return nil
	}
}

// lint checks all files, also after a bad one.
func lint(stdin io.Reader, out io.Writer, paths []string) error {
	invalid := 0
	for _, path := range paths {
		ok, err := lintFile(stdin, out, path)
		if err != nil {
			return err
		}
		if !ok {
			invalid++
		}
	}
	if invalid > 0 {
		return statusError{fmt.Errorf("policy lint: %d of %d files invalid", invalid, len(paths))}
	}
	return nil
}

// lintFile reports whether the file is valid; the error is that of out.
func lintFile(stdin io.Reader, out io.Writer, path string) (bool, error) {
	name, data, err := read(stdin, path)
	if err != nil {
		_, err = fmt.Fprintf(out, "error: %s: cannot be read: %v (check path and permissions)\n", name, err)
		return false, err
	}
	_, warnings, invalid := policyfile.Parse(name, data)
	for _, w := range warnings {
		if _, err := fmt.Fprintln(out, "warning:", w); err != nil {
			return false, err
		}
	}
	if invalid == nil {
		_, err := fmt.Fprintf(out, "ok: %s (warnings: %d)\n", name, len(warnings))
		return true, err
	}
	return false, printErrors(out, invalid)
}

func printErrors(out io.Writer, invalid error) error {
	var all policyfile.Errors
	if !errors.As(invalid, &all) {
		_, err := fmt.Fprintln(out, "error:", invalid)
		return err
	}
	for _, e := range all {
		if _, err := fmt.Fprintln(out, "error:", e); err != nil {
			return err
		}
	}
	return nil
}

// read gives a file's name for messages and its bytes: at most one more than a
// policy may have, so that Parse refuses it and memory is bounded.
func read(stdin io.Reader, path string) (name string, data []byte, err error) {
	if path == "-" {
		data, err = io.ReadAll(io.LimitReader(stdin, policyfile.MaxBytes+1))
		return "standard input", data, err
	}
	f, err := os.Open(path)
	if err != nil {
		return path, nil, cause(err)
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, policyfile.MaxBytes+1))
	return path, data, cause(err)
}

// cause drops the path from an error of package os: messages begin with it.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
