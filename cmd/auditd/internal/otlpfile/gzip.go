package otlpfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

const gzipMagic = "\x1f\x8b"

var errForeignEnd = errors.New("foreign bytes follow the gzip data")

// unpack looks at the first bytes and puts a gzip reader in between where they
// ask for it.
func unpack(r io.Reader) (_ io.Reader, packed bool, _ error) {
	br := bufio.NewReaderSize(r, readSize)
	head, err := br.Peek(len(gzipMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if string(head) != gzipMagic {
		return br, false, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, true, err
	}
	z.Multistream(false)
	return &members{br, z}, true, nil
}

// members reads gzip members that follow each other as one stream. So does a
// gzip.Reader, which takes a few foreign bytes behind them for a cut member.
type members struct {
	br *bufio.Reader
	z  *gzip.Reader
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if errors.Is(err, io.EOF) {
			err = m.next()
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// next begins the next member; io.EOF says that there is none.
func (m *members) next() error {
	head, err := m.br.Peek(len(gzipMagic))
	switch {
	case len(head) == 0:
		return err
	case !bytes.HasPrefix([]byte(gzipMagic), head):
		return errForeignEnd
	}
	if err := m.z.Reset(m.br); err != nil {
		return err
	}
	m.z.Multistream(false)
	return nil
}

// sourceReason words an error of the source.
func sourceReason(err error, packed bool) (reason, advice string) {
	const damaged = "the file is damaged: copy it again"
	switch {
	case errors.Is(err, errForeignEnd):
		return err.Error(), "the data before them were read: cut the foreign bytes off"
	case packed && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		return "the gzip data is truncated", adviceTruncated
	case packed && errors.Is(err, gzip.ErrHeader):
		return "bad gzip header", damaged
	case packed && errors.Is(err, gzip.ErrChecksum):
		return "the gzip checksum does not match", damaged
	case packed:
		return "bad gzip data: " + err.Error(), damaged
	default:
		return "cannot read: " + err.Error(), ""
	}
}
