// Package dashboards holds the Grafana dashboard, the Prometheus rules and the
// tests of both. The files are generated from Go, so that a metric's name, a
// verdict's severity and its advice are written once; README.md tells how to use
// them.
package dashboards

//go:generate go run ./gen
