// Package nethttp carries the env tag through net/http, over otelhttp, and
// sends tagged calls to instances of their own environment.
//
// [NewHandler] and [NewTransport] are drop-ins for otelhttp.NewHandler and
// otelhttp.NewTransport. Spans come from OpenTelemetry's global tracer provider
// unless the options say otherwise; package sdk sets it up.
package nethttp
