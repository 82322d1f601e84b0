package main

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// repeat writes the spans of a gzipped capture, over and over, until there are at least
// so many, as OTLP JSON lines. It returns how many there are, and of what size.
func repeat(capture, output string, atLeast int) (spans int, size int64, err error) {
	requests, err := read(capture)
	if err != nil {
		return 0, 0, err
	}
	f, err := os.Create(output)
	if err != nil {
		return 0, 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for n := uint64(0); spans < atLeast && err == nil; n++ {
		for _, td := range requests {
			renew(td, n^(n-1)) // undoes the one before
			spans += td.SpanCount()
			err = errors.Join(err, writeLine(w, td))
		}
	}
	if err = errors.Join(err, w.Flush()); err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	return spans, size, errors.Join(err, f.Close())
}

func read(capture string) ([]ptrace.Traces, error) {
	f, err := os.Open(capture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var requests []ptrace.Traces
	var u ptrace.JSONUnmarshaler
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		td, err := u.UnmarshalTraces(lines.Bytes())
		if err != nil {
			return nil, err
		}
		requests = append(requests, td)
	}
	return requests, lines.Err()
}

// renew changes all trace ids, those of links too.
func renew(td ptrace.Traces, mask uint64) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				s.SetTraceID(masked(s.TraceID(), mask))
				for _, l := range s.Links().All() {
					l.SetTraceID(masked(l.TraceID(), mask))
				}
			}
		}
	}
}

func masked(id pcommon.TraceID, mask uint64) pcommon.TraceID {
	binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])^mask)
	return id
}

func writeLine(w *bufio.Writer, td ptrace.Traces) error {
	var m ptrace.JSONMarshaler
	line, err := m.MarshalTraces(td)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	return err
}
