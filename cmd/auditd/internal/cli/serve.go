package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/serve"
)

const serveLong = `Serve takes OTLP traces, judges every hop as it comes, stores the findings and
serves them. It is an OpenTelemetry Collector: --config takes any collector
configuration of the components that "auditd components" lists.

Without --config it listens on the loopback interface:
  127.0.0.1:4317   OTLP over gRPC
  127.0.0.1:4318   OTLP over HTTP
  127.0.0.1:4327   API (/api/v1, /openapi.yaml), /metrics, /healthz, /readyz
and stores into ./dyetrace-data. "auditd config" prints that configuration.

A request is acknowledged when the findings that its spans brought to light are
on disk. Facts of spans that wait for others are in memory: after a restart
coverage is lower for one window (reason "restart"), and nobody is accused.

The policy: --policy FILE becomes a new version when the file has changed since
it was last taken, at the start and at SIGHUP. The API can put versions too; the
newest holds, also after a restart. Without any, the defaults of a policy hold.

Signals: SIGTERM and SIGINT drain and end with status 0, a second one ends at
once; SIGHUP reads the policy file again.

Exit status: 0 ended by a signal; 1 could not start or go on (port in use, data
folder in use or not writable, ...); 2 wrong use, invalid configuration or
policy.`

const serveExample = `  # everything by default
  auditd

  # with a policy and a data folder
  auditd --policy policy.yaml --data /var/lib/auditd

  # OTLP from other machines too
  auditd --set receivers::otlp::protocols::grpc::endpoint=0.0.0.0:4317

  # a configuration of your own, with changes over it
  auditd config > auditd.yaml
  auditd --config auditd.yaml --config site.yaml`

func serveFlags(p *pflag.FlagSet, o *serve.Options) {
	p.StringArrayVar(&o.Configs, "config", nil, "collector configuration `FILE`, or a URI (file:, env:, yaml:); repeatable, later ones over earlier ones")
	p.StringArrayVar(&o.Sets, "set", nil, "set `KEY=VALUE` over the configuration, such as extensions::auditd::endpoint=127.0.0.1:5327; repeatable")
	p.StringVar(&o.Policy, "policy", "", "policy `FILE` (default: the policy in the data folder)")
	p.StringVar(&o.Data, "data", "", "data `DIR` (default \"./dyetrace-data\", or as configured)")
}

func newServe() *cobra.Command {
	o := &serve.Options{}
	cmd := &cobra.Command{
		Use:     "serve [flags]",
		Short:   "Run the daemon (also without the word serve)",
		Long:    serveLong,
		Example: serveExample,
		Args:    noArgs,
		RunE:    runServe(o),
	}
	serveFlags(cmd.Flags(), o)
	completeServe(cmd)
	return cmd
}

func runServe(o *serve.Options) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		o.Version = version()
		return serve.Run(cmd.Context(), *o, cmd.OutOrStdout())
	}
}

func completeServe(cmd *cobra.Command) {
	_ = cmd.MarkFlagFilename("config", "yaml", "yml") // fail only for unknown flags
	_ = cmd.MarkFlagFilename("policy", "yaml", "yml")
	_ = cmd.MarkFlagDirname("data")
	_ = cmd.RegisterFlagCompletionFunc("set", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveNoFileComp))
}

func newValidate() *cobra.Command {
	o := &serve.Options{}
	cmd := &cobra.Command{
		Use:   "validate [flags]",
		Short: "Check a configuration and policy without starting",
		Long: `Validate checks what serve would run with: the configuration, its components and
the policy file. It starts nothing and opens no port.

Exit status: 0 valid; 2 not.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Version = version()
			return serve.Validate(cmd.Context(), *o)
		},
	}
	serveFlags(cmd.Flags(), o)
	completeServe(cmd)
	return cmd
}

func newConfig() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the default configuration",
		Long:  "Config prints the collector configuration that holds without --config.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), serve.DefaultConfig())
			return err
		},
	}
}

// newComponents is the collector's own command.
func newComponents() *cobra.Command {
	all := otelcol.NewCommand(serve.Settings(serve.Options{Version: version()}, auditdextension.Hooks{}))
	for _, c := range all.Commands() {
		if c.Name() == "components" {
			all.RemoveCommand(c)
			c.Short = "List the collector components that are built in"
			c.Long = "Components lists the collector components of auditd and where they come from, as\nYAML. The form may change between releases."
			return c
		}
	}
	return &cobra.Command{Use: "components", Hidden: true}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, got %q\nRun '%s --help' for the flags", cmd.Name(), args[0], cmd.CommandPath())
	}
	return nil
}
