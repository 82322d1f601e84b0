package otlpfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
)

// readSize is what one read asks for. A folder may hold many small files, and each
// gets buffers of its own.
const readSize = 128 << 10

// meter counts the bytes and newlines that pass, stops at the context's end and
// marks errors of the source, which stay.
type meter struct {
	ctx   context.Context
	r     io.Reader
	bytes int64
	lines int
	err   error
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, &handlerError{err}
	}
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.bytes += int64(n)
	m.lines += bytes.Count(p[:n], []byte{'\n'})
	if err != nil && err != io.EOF && !isSource(err) {
		err = &sourceError{err}
	}
	m.err = err
	return n, err
}

// unpack looks at the first bytes and puts a gzip reader in between where they
// ask for it. Members that follow each other are one stream.
func unpack(r io.Reader) (_ io.Reader, packed bool, _ error) {
	br := bufio.NewReaderSize(r, readSize)
	head, err := br.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return br, false, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, true, err
	}
	return z, true, nil
}

// sourceReason words an error of the source.
func sourceReason(err error, packed bool) (reason, advice string) {
	switch {
	case packed && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		return "the gzip data is truncated", adviceTruncated
	case packed && errors.Is(err, gzip.ErrHeader):
		return "what follows the gzip data is no gzip member", "the file has foreign bytes at its end: cut them off"
	case packed && errors.Is(err, gzip.ErrChecksum):
		return "the gzip checksum does not match", "the file is damaged: copy it again"
	case packed:
		return "bad gzip data: " + err.Error(), "the file is damaged: copy it again"
	default:
		return "cannot read: " + err.Error(), ""
	}
}
