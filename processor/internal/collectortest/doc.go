// Package collectortest runs real collectors inside tests: the collector's own
// service, OTLP receiver and configuration, with the dyetrace components and an
// exporter "sink" that keeps what it gets.
package collectortest
