// Command gen writes the dashboard and the rules file: go generate ./dashboards
package main

import (
	"fmt"
	"os"

	"github.com/dyetrace/dyetrace/dashboards/internal/overview"
	"github.com/dyetrace/dyetrace/dashboards/internal/rules"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := rules.Build().YAML()
	if err != nil {
		return err
	}
	if err := write("prometheus/dyetrace.rules.yml", text); err != nil {
		return err
	}
	if text, err = overview.JSON(); err != nil {
		return err
	}
	return write("grafana/dyetrace-overview.json", text)
}

func write(name string, text []byte) error {
	return os.WriteFile(name, text, 0o644) //nolint:gosec // to be read by Grafana and Prometheus, whoever runs them
}
