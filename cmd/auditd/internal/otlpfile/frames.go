package otlpfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	frameHead = 4 // bytes of a length
	// maxEmptyFrames may follow each other: an empty request is a valid message,
	// and a run of them is what a crash leaves where the file had grown already.
	maxEmptyFrames = 3
	adviceNUL      = "no OTLP, or the writer's machine crashed: cut the NUL bytes off, or take another copy"
)

// readFrames reads the form of the collector's file exporter with format proto:
// before each message its length, 4 bytes big-endian (fileexporter README).
func (d *reader) readFrames() error {
	walk := &protoWalk{reader: d, left: -1}
	for empty := int64(0); ; {
		start := d.offset
		n, err := walk.frameLength()
		onlyEmpty := n < 0 && empty > 0 && start == empty*frameHead
		switch {
		case err == nil && (onlyEmpty || n == 0 && empty == maxEmptyFrames):
			return d.fail(start-empty*frameHead, "NUL bytes where messages were expected", adviceNUL)
		case err != nil || n < 0:
			return err
		case n == 0:
			empty++
		default:
			empty = 0
		}
		if err := d.checkFrame(start, n); err != nil {
			return err
		}
		walk.left = n
		if err := walk.run(); err != nil {
			return err
		}
		walk.left = -1
	}
}

// checkFrame looks at a frame before its message is read.
func (d *reader) checkFrame(start, n int64) error {
	if n > maxElement {
		return d.fail(start, fmt.Sprintf("a message of %d bytes is larger than 256 MiB, or this is no OTLP protobuf", n), adviceTooLong)
	}
	if head, _ := d.br.Peek(4); n >= 4 && bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return d.fail(d.offset, "the messages are packed with zstd", "set the file exporter's compression to none and pack the file with gzip")
	}
	return nil
}

// frameLength reads a frame's length; -1 is the end of the input.
func (p *protoWalk) frameLength() (int64, error) {
	var b [frameHead]byte
	k, err := io.ReadFull(p.br, b[:])
	p.moved(k)
	if errors.Is(err, io.EOF) && k == 0 && !isSource(err) {
		return -1, nil
	}
	if err != nil {
		return 0, p.short(err, int64(len(b)-k))
	}
	return int64(binary.BigEndian.Uint32(b[:])), nil
}
