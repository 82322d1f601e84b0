// Command auditd audits gray release from OpenTelemetry traces.
package main

import (
	"os"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
