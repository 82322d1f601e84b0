package otlpfile

import (
	"bytes"
	"context"
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
