// Package otlp turns OpenTelemetry spans (collector pdata, or OTLP protobuf as it
// comes off the wire) into the facts of package auditor, in one pass over a span's
// attributes and without allocating.
//
// Nothing is copied: the strings of a decoded Span and Resource point into the
// pdata or the bytes they came from, or into the Decoder's scratch memory. They are
// valid until the Decoder's next call or until what they point into changes,
// whichever is first.
//
// The attribute names of the old and new semantic conventions are one table
// (attributes.go); which name goes first where several are set is the order of
// that table.
package otlp
