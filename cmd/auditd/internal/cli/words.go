package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
	"github.com/dyetrace/dyetrace/internal/nearest"
)

// strictHelpers makes cobra's own commands refuse words that they do not know:
// by default they print help and end well.
func strictHelpers(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				of, rest, err := root.Find(args)
				if err != nil {
					return err
				}
				return noSuchCommand(of, rest)
			}
		case "completion":
			c.Args = noSuchCommand
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

// noSuchCommand refuses what is left where a command's name was expected.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	advice := fmt.Sprintf("Run '%s --help' for what it takes", cmd.CommandPath())
	if best := nearest.Word(args[0], known); best != "" {
		advice = fmt.Sprintf("Did you mean '%s %s'?", cmd.CommandPath(), best)
	}
	if _, err := os.Stat(args[0]); err == nil && !cmd.HasParent() {
		advice = "To audit a file: auditd check " + render.Clean(args[0])
	}
	return fmt.Errorf("unknown command %q\n%s", args[0], advice)
}

// didYouMean is the beginning of an advice, where a known word is near.
func didYouMean(word string, known []string) string {
	if best := nearest.Word(word, known); best != "" {
		return fmt.Sprintf("did you mean %q? ", best)
	}
	return ""
}

// flagError words a bad flag without the names of Go's functions.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		wanted := map[string]string{"int": "a whole number", "bool": "true or false"}
		if w := wanted[bad.GetFlag().Value.Type()]; w != "" {
			err = fmt.Errorf("--%s: %q is not %s", bad.GetFlag().Name, bad.GetValue(), w)
		}
	}
	return fmt.Errorf("%w\nRun '%s --help' for the flags", err, cmd.CommandPath())
}
