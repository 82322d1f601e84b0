package otlpfile

import (
	"encoding/json"
	"errors"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	maxElement = 256 << 20
	maxDepth   = 10000 // as encoding/json
	jsonPrefix = `{"resourceSpans":[`
	jsonSuffix = `]}`
)

// document decodes a sequence of JSON values, each a request or an array of
// requests, one ResourceSpans at a time.
type document struct {
	*reader
	oneLine bool
	in      *budget
	dec     *json.Decoder
	piece   piece
	// inValue: the decoder is inside of Decode, not of Token.
	inValue bool
}

// budget counts like a meter and stops where one element takes too much.
type budget struct {
	meter
	left int64
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errElementTooLong
	}
	n, err := b.meter.Read(p)
	b.left -= int64(n)
	return n, err
}

// piece is one ResourceSpans, wrapped as a request; its buffer is reused.
type piece struct{ buf []byte }

// UnmarshalJSON takes the raw element.
func (p *piece) UnmarshalJSON(raw []byte) error {
	p.buf = append(append(append(p.buf[:0], jsonPrefix...), raw...), jsonSuffix...)
	return nil
}

// raw is the element alone.
func (p *piece) raw() []byte { return p.buf[len(jsonPrefix) : len(p.buf)-len(jsonSuffix)] }

func newDocument(d *reader, r io.Reader, oneLine bool) *document {
	in := &budget{meter: meter{ctx: d.in.ctx, r: r}, left: maxElement}
	return &document{reader: d, oneLine: oneLine, in: in, dec: json.NewDecoder(in)}
}

func (d *document) run() error {
	for {
		tok, err := d.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = d.value(tok, 0)
		}
		if err != nil {
			return d.located(err)
		}
	}
}

func (d *document) token() (json.Token, error) {
	d.in.left = maxElement
	return d.dec.Token()
}

// nested is token inside of a value, where the input must not end.
func (d *document) nested() (json.Token, error) {
	tok, err := d.token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return tok, err
}

// value takes a request, or an array of them at the top.
func (d *document) value(tok json.Token, depth int) error {
	switch {
	case tok == json.Delim('{'):
		return d.request(depth)
	case tok == json.Delim('[') && depth == 0:
		for d.dec.More() {
			tok, err := d.nested()
			if err == nil {
				err = d.value(tok, 1)
			}
			if err != nil {
				return err
			}
		}
		_, err := d.nested()
		return err
	default:
		return d.other("no OTLP request: a JSON object was expected", adviceTraces)
	}
}

// request reads the members of one object.
func (d *document) request(depth int) error {
	found, other := false, ""
	for {
		tok, err := d.nested()
		if err != nil {
			return err
		}
		key, isKey := tok.(string)
		if !isKey {
			break // the closing brace
		}
		switch {
		case key == "resourceSpans" || key == "resource_spans":
			found, err = true, d.elements()
		case !found && known(key, depth) != "":
			return d.other("no resourceSpans: "+known(key, depth), adviceOf(key))
		default:
			other = key
			err = d.skipValue()
		}
		if err != nil {
			return err
		}
	}
	if !found && other != "" {
		return d.other("no resourceSpans in this JSON object (it has "+quoted(other)+")", adviceTraces)
	}
	return nil
}

// elements delivers the elements of resourceSpans.
func (d *document) elements() error {
	tok, err := d.nested()
	if err != nil || tok == nil {
		return err
	}
	if tok != json.Delim('[') {
		return d.here("resourceSpans is no array", adviceTraces)
	}
	for d.dec.More() {
		if err := d.element(); err != nil {
			return err
		}
	}
	_, err = d.nested()
	return err
}

func (d *document) element() error {
	d.in.left, d.inValue = maxElement, true
	if err := d.dec.Decode(&d.piece); err != nil {
		return err
	}
	d.inValue = false
	t, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(d.piece.buf)
	if err != nil {
		return d.badElement(d.piece.raw(), err)
	}
	return d.fn(t)
}

// badElement delivers what is good before the bad part of a ResourceSpans, and
// gives that part's place.
func (d *document) badElement(raw []byte, whole error) error {
	bad, found := blame(raw)
	if found {
		if t, err := bad.before.traces(); err == nil && t.SpanCount() > 0 {
			if err := d.fn(t); err != nil {
				return err
			}
		}
	} else {
		bad.what, bad.err = "this ResourceSpans", whole
	}
	skip := offsetOf(raw, bad.path)
	e := d.at(d.dec.InputOffset() - int64(len(raw)-skip))
	e.Reason, e.Advice = bad.what+" is no valid OTLP: "+oneLineOf(bad.err.Error()), adviceSemantic(bad.err)
	e.Line -= countLines(raw[skip:])
	e.Err = bad.err
	return e
}

// skipValue reads over one value with no memory of it.
func (d *document) skipValue() error {
	for depth := 0; ; {
		tok, err := d.nested()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return d.here("the JSON is nested more than 10000 deep", adviceTraces)
		}
		if depth == 0 {
			return nil
		}
	}
}
