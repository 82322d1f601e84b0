package otlpfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// readFrames reads the form of the collector's file exporter with format proto:
// before each message its length, 4 bytes big-endian (fileexporter README).
func (d *reader) readFrames() error {
	walk := &protoWalk{reader: d, left: -1}
	for {
		start := d.offset
		n, err := walk.frameLength()
		if err != nil || n < 0 {
			return err
		}
		if n > maxElement {
			return d.fail(start, fmt.Sprintf("a message of %d bytes is larger than 256 MiB, or this is no OTLP protobuf", n), adviceTooLong)
		}
		if head, _ := d.br.Peek(4); n >= 4 && bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return d.fail(d.offset, "the messages are packed with zstd", "set the file exporter's compression to none and pack the file with gzip")
		}
		walk.left = n
		if err := walk.run(); err != nil {
			return err
		}
		walk.left = -1
	}
}

// frameLength reads a frame's length; -1 is the end of the input.
func (p *protoWalk) frameLength() (int64, error) {
	var b [4]byte
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
