package otlpfile

import (
	"errors"
	"fmt"
	"strings"
)

// InputError says where input could not be read and what to do about it.
type InputError struct {
	// File is the name that was given to Read.
	File string
	// Line counts from 1; 0 where the form has no lines (protobuf).
	Line int
	// Byte is the offset of the first bad byte from the start of the data,
	// counting from 0; -1 where there is none (the file does not open). The data
	// of a gzipped file is what it unpacks to.
	Byte int64
	// Unpacked: Byte and Line are places in the unpacked data of a gzipped file.
	Unpacked bool
	// Reason says what is wrong, Advice what to do. Advice may be empty.
	Reason, Advice string
	// NotOTLP: this is good JSON of something else, and nothing was delivered.
	NotOTLP bool
	// Err is the cause, where there is one.
	Err error
}

// Error gives "file:line: byte N: reason (advice)".
func (e *InputError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Byte >= 0 {
		fmt.Fprintf(&b, ": byte %d", e.Byte)
		if e.Unpacked {
			b.WriteString(" of the unpacked data")
		}
	}
	b.WriteString(": " + e.Reason)
	if e.Advice != "" {
		b.WriteString(" (" + e.Advice + ")")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.Err }

// sourceError marks an error of the bytes' source (disk, gzip), so that it is
// never mistaken for the end of a JSON value.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// handlerError marks an error of the caller's function, which is handed back as
// it is.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }
func (e *handlerError) Unwrap() error { return e.err }

var errElementTooLong = errors.New("one ResourceSpans is larger than 256 MiB")

const (
	adviceTooLong   = "let the exporter send smaller batches: processor batch, send_batch_max_size"
	adviceTruncated = "the writer was stopped or the copy is incomplete: copy the file again, or remove its last part"
	adviceTraces    = "auditd reads OTLP traces: JSON with resourceSpans, as the collector's file exporter writes it, or protobuf"
)
