package otlpfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// protoWalk reads one ExportTraceServiceRequest from br, one ResourceSpans at a
// time. Wire format: protobuf.dev/programming-guides/encoding.
type protoWalk struct {
	*reader
	left int64 // bytes of the message that are left; -1: up to the end
	buf  []byte
}

const (
	tagResourceSpans = 1<<3 | wireLen // trace_service.proto, field 1
	wireVarint       = 0
	wireFixed64      = 1
	wireLen          = 2
	wireFixed32      = 5
	maxVarint        = 10 // bytes
)

const adviceProto = "auditd reads protobuf of traces; metrics and logs look alike from outside: give the file of the traces pipeline"

// run delivers the message's elements.
func (p *protoWalk) run() error {
	for p.left != 0 {
		start := p.offset
		if p.left < 0 {
			if _, err := p.br.Peek(1); err == io.EOF {
				return nil
			}
		}
		tag, err := p.varint()
		if err == nil && tag == tagResourceSpans {
			err = p.element(start)
		} else if err == nil {
			err = p.unknown(start, tag)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// element reads one ResourceSpans, whose tag has been read.
func (p *protoWalk) element(start int64) error {
	n, err := p.length(start)
	if err != nil {
		return err
	}
	if n > maxElement {
		return p.fail(start, fmt.Sprintf("a ResourceSpans of %d bytes is larger than 256 MiB, or this is no OTLP protobuf", n), adviceTooLong)
	}
	p.buf = binary.AppendUvarint(append(p.buf[:0], tagResourceSpans), uint64(n))
	head := len(p.buf)
	if err := p.body(int(n)); err != nil {
		return err
	}
	if err := checkDepth(p.buf[head:]); err != nil {
		return p.fail(start, err.Error(), adviceProto)
	}
	err = p.wire(p.buf)
	var handler *handlerError
	if err == nil || errors.As(err, &handler) {
		return err
	}
	e := p.fail(start, "this ResourceSpans is no valid OTLP: "+oneLineOf(err.Error()), adviceProto)
	e.Err = err
	return e
}

// unknown skips a field that a later version of OTLP may bring.
func (p *protoWalk) unknown(start int64, tag uint64) error {
	var n int64
	var err error
	switch tag & 7 {
	case wireVarint:
		_, err = p.varint()
	case wireFixed64:
		n = 8
	case wireFixed32:
		n = 4
	case wireLen:
		n, err = p.length(start)
	default:
		err = p.fail(start, "no OTLP protobuf: bad wire type", adviceProto)
	}
	if tag>>3 == 0 || tag>>3 >= 1<<29 || (tag>>3 == 1 && err == nil) {
		err = p.fail(start, "no OTLP protobuf: bad field number or type", adviceProto)
	}
	if err != nil {
		return err
	}
	return p.take(n, func(n int) (int, error) { return p.br.Discard(n) })
}

// body appends n bytes to buf, in steps: a length that lies costs no memory.
func (p *protoWalk) body(n int) error {
	return p.take(int64(n), func(step int) (int, error) {
		have := len(p.buf)
		p.buf = slices.Grow(p.buf, step)[:have+step]
		k, err := io.ReadFull(p.br, p.buf[have:])
		p.buf = p.buf[:have+k]
		return k, err
	})
}

// take passes n bytes in steps of at most readSize.
func (p *protoWalk) take(n int64, step func(int) (int, error)) error {
	for n > 0 {
		k, err := step(int(min(n, readSize)))
		p.moved(k)
		n -= int64(k)
		if err != nil {
			return p.short(err, n)
		}
	}
	return nil
}

func (p *protoWalk) moved(n int) {
	p.offset += int64(n)
	if p.left > 0 {
		p.left -= int64(n)
	}
}

func (p *protoWalk) short(err error, missing int64) error {
	if isSource(err) || !(errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return err
	}
	e := p.fail(p.offset, fmt.Sprintf("the protobuf message is truncated: %d more bytes were expected", missing), adviceTruncated)
	e.Err = io.ErrUnexpectedEOF
	return e
}

// length reads the length of a field and holds it against the message's rest.
func (p *protoWalk) length(start int64) (int64, error) {
	n, err := p.varint()
	if err != nil {
		return 0, err
	}
	if n > 1<<62 || (p.left >= 0 && int64(n) > p.left) {
		return 0, p.fail(start, fmt.Sprintf("no OTLP protobuf: a field of %d bytes is longer than its message", n), adviceProto)
	}
	return int64(n), nil
}

func (p *protoWalk) varint() (uint64, error) {
	var v uint64
	for i := range maxVarint {
		if p.left == 0 {
			return 0, p.fail(p.offset, "no OTLP protobuf: the message ends inside of a number", adviceProto)
		}
		b, err := p.br.ReadByte()
		if err != nil {
			return 0, p.short(err, 1)
		}
		p.moved(1)
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, p.fail(p.offset-maxVarint, "no OTLP protobuf: a number of more than 10 bytes", adviceProto)
}
