// Package nesting is the collector extension "nesting_limit", a middleware for
// receivers of OTLP: it refuses messages whose values are nested so deep that
// decoding them would exhaust the stack, which ends the process and cannot be
// recovered from. The collector decodes attribute values by recursion and has no
// limit of its own (pdata v1.65.0: a request of 15 MB with 1.6 million arrays in
// each other overflows the stack of 1 GB).
package nesting
