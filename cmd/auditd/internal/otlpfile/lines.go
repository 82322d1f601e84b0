package otlpfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxWholeLine is the longest line that is decoded in one go; a longer one is
// streamed.
const maxWholeLine = 16 << 20

// readLines reads JSON. Where the first line is a whole JSON value, each line
// has to be one, so that a broken line is found in place. Otherwise the input
// is a document of any layout.
func (d *reader) readLines() error {
	d.lines = 1
	for first := true; ; {
		line, whole, err := d.nextLine()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return nil
		}
		if blank(line) && whole {
			d.passed(line)
			continue
		}
		valid := whole && json.Valid(line)
		if first && !valid {
			return d.stream(line, d.br, false)
		}
		first = false
		if err := d.oneLine(line, whole, valid); err != nil {
			return err
		}
	}
}

// oneLine delivers a line: in one go where it is a request, else piece by piece.
func (d *reader) oneLine(line []byte, whole, valid bool) error {
	if valid && line[bytes.IndexByte(line, firstNonSpace(line))] == '{' {
		t, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err == nil && t.ResourceSpans().Len() > 0 {
			d.passed(line)
			return d.fn(t)
		}
	}
	var rest io.Reader = strings.NewReader("")
	if !whole {
		rest = &restOfLine{r: d.br}
	}
	return d.stream(line, rest, true)
}

func firstNonSpace(b []byte) byte { return bytes.TrimLeft(b, " \t\r\n")[0] }

// passed moves the place over bytes that were used.
func (d *reader) passed(b []byte) {
	d.offset += int64(len(b))
	d.lines += bytes.Count(b, []byte{'\n'})
}

// nextLine gives the next line with its newline, valid until the next call;
// whole is false where only the line's first 16 MiB are given. An empty line
// without error is the end.
func (d *reader) nextLine() (line []byte, whole bool, err error) {
	d.line = d.line[:0]
	for {
		part, err := d.br.ReadSlice('\n')
		done := err == nil || err == io.EOF
		if done && len(d.line) == 0 {
			return part, true, nil
		}
		if !done && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, false, err
		}
		d.line = append(d.line, part...)
		if done || len(d.line) >= maxWholeLine {
			return d.line, done, nil
		}
	}
}

// restOfLine reads up to the next newline.
type restOfLine struct {
	r    *bufio.Reader
	done bool
}

func (l *restOfLine) Read(p []byte) (int, error) {
	if l.done || len(p) == 0 {
		return 0, io.EOF
	}
	if l.r.Buffered() == 0 {
		if _, err := l.r.Peek(1); err != nil {
			l.done = err == io.EOF
			return 0, err
		}
	}
	have, _ := l.r.Peek(min(l.r.Buffered(), len(p)))
	if i := bytes.IndexByte(have, '\n'); i >= 0 {
		have, l.done = have[:i+1], true
	}
	n := copy(p, have)
	_, _ = l.r.Discard(n)
	return n, nil
}

// stream decodes head and rest piece by piece from the present place on.
func (d *reader) stream(head []byte, rest io.Reader, oneLine bool) error {
	s := newDocument(d, io.MultiReader(bytes.NewReader(head), rest), oneLine)
	err := s.run()
	d.offset += s.in.bytes
	d.lines += s.in.lines
	return err
}
