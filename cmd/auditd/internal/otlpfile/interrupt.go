package otlpfile

import (
	"context"
	"io"
)

// interruptible gives a reader whose Read returns when the context ends, even
// while the source blocks. After Close or the context's end its goroutine lives
// only until the source gives its next bytes.
func interruptible(ctx context.Context, r io.Reader) io.ReadCloser {
	ctx, cancel := context.WithCancel(ctx)
	p := &pump{ctx: ctx, cancel: cancel, full: make(chan chunk), free: make(chan []byte, 2)}
	p.free <- make([]byte, readSize)
	p.free <- make([]byte, readSize)
	go p.fill(r)
	return p
}

type chunk struct {
	data []byte
	err  error
}

type pump struct {
	ctx    context.Context
	cancel context.CancelFunc
	full   chan chunk
	free   chan []byte
	cur    chunk
	rest   []byte
}

func (p *pump) fill(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		case <-p.ctx.Done():
			return
		}
		n, err := r.Read(buf[:cap(buf)])
		select {
		case p.full <- chunk{buf[:n], err}:
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.cur.err != nil {
			return 0, p.cur.err
		}
		if p.cur.data != nil {
			p.free <- p.cur.data
		}
		select {
		case p.cur = <-p.full:
			p.rest = p.cur.data
		case <-p.ctx.Done():
			p.cur = chunk{err: p.ctx.Err()}
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close ends the reading; the source stays open.
func (p *pump) Close() error {
	p.cancel()
	return nil
}
