package otlpfile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Func takes the traces of one piece of input; it owns them. An error ends the
// reading.
type Func func(ptrace.Traces) error

// WireFunc takes one ResourceSpans of a protobuf input, wrapped as a message of
// traces; the bytes are valid until it returns. An error says that they are no
// valid OTLP.
type WireFunc func(message []byte) error

// Read streams the traces of r to fn in the order of the input. Name is for
// messages only. It returns an *InputError for bad input, the context's error,
// or what fn returned; everything before the bad place has been delivered.
// Input without any byte is valid and holds no traces.
func Read(ctx context.Context, r io.Reader, name string, fn Func) error {
	return ReadWire(ctx, r, name, fn, nil)
}

// ReadWire is Read, but hands what comes as protobuf to wire as it is; a nil wire
// means fn.
func ReadWire(ctx context.Context, r io.Reader, name string, fn Func, wire WireFunc) error {
	d := &reader{name: name, wire: wire}
	d.fn = func(t ptrace.Traces) error {
		d.delivered = true
		if err := fn(t); err != nil {
			return &handlerError{err}
		}
		return nil
	}
	data, packed, err := unpack(r)
	d.packed = packed
	if d.wire == nil {
		d.wire = d.unmarshal
	}
	d.in = &meter{ctx: ctx, r: data}
	if err != nil {
		err = &sourceError{err}
	} else {
		d.br = bufio.NewReaderSize(d.in, readSize)
		err = d.read()
	}
	return d.explain(err)
}

// unmarshal is the WireFunc of readers that want traces.
func (d *reader) unmarshal(message []byte) error {
	t, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(message)
	if err != nil {
		return err
	}
	return d.fn(t)
}

// reader is the state of one Read.
type reader struct {
	name      string
	packed    bool
	delivered bool
	in        *meter
	br        *bufio.Reader
	fn        Func
	wire      WireFunc
	// lines and offset are the place of the next unread byte of br, kept by the
	// reader of the form in use.
	lines  int
	offset int64
	line   []byte // a line that does not fit into br, reused
}

func (d *reader) read() error {
	head, err := d.br.Peek(512)
	if err != nil && err != io.EOF && len(head) == 0 {
		return err
	}
	switch form := sniff(head); form {
	case formEmpty, formJSON: // blank lines may go on
		if bytes.HasPrefix(head, []byte(utf8BOM)) {
			d.skip(len(utf8BOM))
		}
		return d.readLines()
	case formFrames:
		return d.readFrames()
	case formProto:
		return (&protoWalk{reader: d, left: -1}).run()
	default:
		reason, advice := foreign(head)
		return d.fail(0, reason, advice)
	}
}

func (d *reader) skip(n int) {
	k, _ := d.br.Discard(n)
	d.offset += int64(k)
}

// fail makes an InputError at an offset of the data, without a line.
func (d *reader) fail(offset int64, reason, advice string) *InputError {
	return &InputError{File: d.name, Byte: offset, Unpacked: d.packed, Reason: reason, Advice: advice}
}

// explain turns what ended the reading into what Read promises.
func (d *reader) explain(err error) error {
	var in *InputError
	var handler *handlerError
	var source *sourceError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &handler):
		return handler.err
	case errors.As(err, &in):
		return in
	case errors.As(err, &source):
		reason, advice := sourceReason(source.err, d.packed)
		e := d.fail(d.in.bytes, reason, advice)
		e.Err = source.err
		if d.lines > 0 {
			e.Line = d.in.lines + 1
		}
		return e
	default:
		e := d.fail(d.in.bytes, err.Error(), "")
		e.Err = err
		return e
	}
}
