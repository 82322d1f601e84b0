package otlpfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// at makes an InputError at an offset of the document's own data. The line is
// that of the decoder's place.
func (d *document) at(offset int64) *InputError {
	e := d.fail(d.offset+offset, "", "")
	unread, _ := io.ReadAll(d.dec.Buffered())
	e.Line = d.lines + d.in.lines - countLines(unread)
	return e
}

// here makes an InputError at the last token.
func (d *document) here(reason, advice string) *InputError {
	e := d.at(d.dec.InputOffset())
	e.Byte = max(0, e.Byte-1)
	e.Reason, e.Advice = reason, advice
	return e
}

// other is here for JSON that is something else than OTLP traces.
func (d *document) other(reason, advice string) error {
	e := d.here(reason, advice)
	e.NotOTLP = !d.delivered
	return e
}

// located gives an error of the decoder its place.
func (d *document) located(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errElementTooLong):
		e := d.at(d.dec.InputOffset())
		e.Reason, e.Advice, e.Err = err.Error(), adviceTooLong, err
		return e
	case errors.Is(err, io.ErrUnexpectedEOF) && !isSource(err):
		return d.truncated()
	case errors.As(err, &syntax):
		return d.syntax(syntax)
	default:
		return err
	}
}

func isSource(err error) bool {
	var s *sourceError
	return errors.As(err, &s)
}

// truncated places the end of the data, on the line that holds the last byte.
func (d *document) truncated() error {
	e := d.fail(d.offset+d.in.bytes, "the JSON ends in the middle of a value", adviceTruncated)
	e.Line, e.Err = d.lines+d.in.lines, io.ErrUnexpectedEOF
	if d.oneLine && d.in.lines > 0 {
		e.Line--
		e.Byte-- // the newline that should not be there
		e.Reason = "the line ends in the middle of a JSON value"
		e.Advice = "the writer was stopped within this line: remove the line, or look whether two files were mixed"
	}
	return e
}

// syntax places a syntax error. The decoder's own offset counts no tokens, so
// the unread bytes are scanned again.
func (d *document) syntax(err *json.SyntaxError) error {
	unread, _ := io.ReadAll(d.dec.Buffered())
	skip := 0
	if d.inValue || err.Offset != d.dec.InputOffset() {
		if again, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(unread, new(json.RawMessage))); ok {
			skip = max(0, int(again.Offset)-1)
		}
	}
	e := d.at(d.dec.InputOffset() + int64(skip))
	e.Line += countLines(unread[:min(skip, len(unread))])
	e.Reason, e.Err = "bad JSON: "+err.Error(), err
	e.Advice = "the file is damaged or is no JSON; each line or document has to be a whole JSON value"
	return e
}

func countLines(b []byte) int { return bytes.Count(b, []byte{'\n'}) }

func adviceSemantic(err error) string {
	text := strings.ToLower(err.Error())
	if strings.Contains(text, "id") && (strings.Contains(text, "hex") || strings.Contains(text, "length")) {
		return "OTLP JSON writes trace and span ids in hex (32 and 16 digits), not in base64"
	}
	return "field names and types have to be those of OTLP JSON"
}

// oneLineOf keeps a message of a library short: it may quote the input.
func oneLineOf(s string) string {
	s, _, _ = strings.Cut(s, ", error found in")
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "..."
	}
	return s
}

func quoted(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "..."
	}
	return strconv.QuoteToASCII(s)
}

// known says what a JSON object is that has such a member and no resourceSpans;
// empty where the name tells nothing.
func known(key string, depth int) string {
	for _, f := range foreignKeys() {
		if f.key == key && (!f.inArray || depth > 0) {
			return fmt.Sprintf("found %s: this is %s", key, f.what)
		}
	}
	return ""
}

func adviceOf(key string) string {
	for _, f := range foreignKeys() {
		if f.key == key {
			return f.advice
		}
	}
	return adviceTraces
}
