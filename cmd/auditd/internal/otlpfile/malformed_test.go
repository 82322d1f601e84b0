package otlpfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

const (
	good  = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}` // 61 bytes
	badID = `{"scopeSpans":[{"spans":[{"name":"b","traceId":"AQIDBAUGBwgJCgsMDQ4PEA=="}]}]}`
)

func TestReadMalformed(t *testing.T) {
	pb := toProto(t, request("a"))
	cut := pack(t, []byte(good+"\n"+good+"\n"))
	for _, c := range []struct {
		name, data string
		line       int
		offset     int64
		read       int // spans delivered before
		want       string
	}{
		{"bad byte in a line", good + "\n" + `{"resourceSpans":[}]}` + "\n" + good, 2, 61 + 1 + 18, 1, "bad JSON: invalid character '}'"},
		{"bad byte in an element", good + "\n" + `{"resourceSpans":[{"a":tru}]}` + "\n", 2, 61 + 1 + 26, 1, "literal true"},
		{"cut line in the middle", good + "\n" + good[:40] + "\n" + good + "\n", 2, 61 + 1 + 40, 1, "string literal"},
		{"cut line in the middle, outside of strings", good + "\n" + good[:43] + "\n" + good + "\n", 2, 61 + 1 + 43, 1, "the line ends in the middle"},
		{"truncated last line", good + "\n" + good[:45], 2, 61 + 1 + 45, 1, "the JSON ends in the middle"},
		{"truncated only line", good[:45], 1, 45, 0, "the JSON ends in the middle"},
		{"garbage after a line", good + "\n" + good + " x\n", 2, 61 + 1 + 61 + 1, 2, "invalid character 'x'"},
		{"a word", good + "\nhello\n", 2, 62, 1, "invalid character 'h'"},
		{"a string", good + "\n\"hello\"\n", 2, 62 + 6, 1, "a JSON object was expected"},
		{"NUL bytes at the end", good + "\n\x00\x00", 2, 62, 1, `invalid character '\x00'`},
		{"bad id", good + "\n" + `{"resourceSpans":[` + good[18:59] + "," + badID + "]}\n", 2, 62 + 18 + 41 + 1 + 25, 2, `this span, by its "traceId", is no valid OTLP`},
		{"pretty, bad byte", "{\n \"resourceSpans\": [\n  {\n   \"scopeSpans\": [}\n  ]\n }\n ]\n}", 4, 44, 0, "bad JSON"},
		{"pretty, bad id", "{\n \"resourceSpans\": [\n  " + badID + "\n ]\n}", 3, 49, 0, "ids in hex"},
		{"bad span behind good ones", good + "\n" + `{"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]},{"spans":[{},{"kind":"x"},{}]}]}]}`, 2, 62 + 64, 4, `this span, by its "kind", is`},
		{"bad span, pretty", "{\"resourceSpans\":[{\n\"scopeSpans\":[{\n\"spans\":[\n{},\n  {\"name\":1}\n]}]}]}", 5, 52, 1, `by its "name"`},
		{"a span that is none", `{"resourceSpans":[{"scopeSpans":[{"spans":[{},"x"]}]}]}`, 1, 46, 1, "this span is no valid OTLP"},
		{"bad resource", `{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}],"resource":5}]}`, 1, 60, 0, "this resource is no valid OTLP"},
		{"bad scope", `{"resourceSpans":[{"scopeSpans":[{"spans":[{}]},{"scope":5}]}]}`, 1, 57, 1, "this scope is no valid OTLP"},
		{"bad for another cause", `{"resourceSpans":[{"scopeSpans":5}]}`, 1, 18, 0, "this ResourceSpans is no valid OTLP"},
		{"pretty, missing comma", "{\n \"resourceSpans\": []\n \"x\": 1\n}", 3, 24, 0, "after object key:value pair"},
		{"pretty, truncated", "{\n \"resourceSpans\": [\n", 3, 22, 0, "the JSON ends in the middle"},
		{"resourceSpans is an object", `{"resourceSpans":{}}`, 1, 17, 0, "resourceSpans is no array"},
		{"metrics", `{"resourceMetrics":[]}`, 1, 17, 0, "found resourceMetrics: this is OTLP metrics"},
		{"logs after traces", good + "\n" + `{"resourceLogs":[]}`, 2, 62 + 14, 1, "found resourceLogs"},
		{"Jaeger", `{"data":[{"traceID":"1","spans":[]}]}`, 1, 6, 0, "Jaeger"},
		{"Zipkin", `[{"traceId":"1","id":"2"}]`, 1, 10, 0, "Zipkin"},
		{"Tempo", "{\n\"batches\":[]}", 2, 10, 0, "Tempo"},
		{"other JSON", `{"name":"package","version":1}`, 1, 29, 0, "no resourceSpans in this JSON object"},
		{"text", "hello\n", 0, 0, 0, "neither OTLP JSON nor OTLP protobuf"},
		{"zstd", "\x28\xb5\x2f\xfd....", 0, 0, 0, "zstd -dc"},
		{"html", "<html>", 0, 0, 0, "XML or HTML"},
		{"protobuf, cut", string(pb) + string(pb[:len(pb)-3]), 0, int64(2*len(pb) - 3), 1, "truncated: 3 more bytes"},
		{"protobuf, bad element", string(pb) + "\x0a\x02\x12\xff", 0, int64(len(pb)), 1, "no valid OTLP"},
		{"protobuf, bad wire type", string(pb) + "\x0f", 0, int64(len(pb)), 1, "bad wire type"},
		{"protobuf, field 1 is a number", string(pb) + "\x08\x01", 0, int64(len(pb)), 1, "bad field number or type"},
		{"frame, cut", string(frame(pb)) + "\x00\x00\x01", 0, int64(4+len(pb)) + 3, 1, "truncated: 1 more bytes"},
		{"frame, too short for its field", "\x00\x00\x00\x03\x0a\x7fxyz", 0, 4, 0, "longer than its message"},
		{"NUL bytes", strings.Repeat("\x00", 1<<20), 0, 0, 0, "NUL bytes where messages were expected"},
		{"NUL bytes, few", strings.Repeat("\x00", 8), 0, 0, 0, "NUL bytes"},
		{"NUL bytes behind a frame", string(frame(pb)) + strings.Repeat("\x00", 100), 0, int64(4 + len(pb)), 1, "cut the NUL bytes off"},
		{"frame, zstd", "\x00\x00\x00\x09\x28\xb5\x2f\xfdxxxxx", 0, 4, 0, "packed with zstd"},
		{"gzip, header only", "\x1f\x8b", 0, 0, 0, "the gzip data is truncated"},
		{"gzip, cut", string(cut[:len(cut)-6]), 3, 124, 2, "the gzip data is truncated"},
		{"gzip, garbage behind", string(cut) + "garbage....", 3, 124, 2, "foreign bytes follow the gzip data"},
		{"gzip, a byte behind", string(cut) + "x", 3, 124, 2, "foreign bytes follow the gzip data"},
		{"gzip, a member cut in its header", string(cut) + "\x1f\x8b\x08", 3, 124, 2, "the gzip data is truncated"},
		{"gzip, a member cut in its first byte", string(cut) + "\x1f", 3, 124, 2, "the gzip data is truncated"},
		{"gzip, bad header", "\x1f\x8bnothing of the kind", 0, 0, 0, "bad gzip header"},
		{"gzip, twice", string(pack(t, cut)), 0, 0, 0, "packed twice"},
		{"gzip, bad checksum", string(cut[:len(cut)-8]) + "abcdefgh", 3, 124, 2, "checksum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := names(t, bytes.NewReader([]byte(c.data)))
			var in *otlpfile.InputError
			require.ErrorAs(t, err, &in)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.line, in.Line, err)
			require.Equal(t, c.offset, in.Byte, err)
			require.Len(t, got, c.read, err)
		})
	}
}

func TestInputErrorText(t *testing.T) {
	e := otlpfile.InputError{File: "a.json", Line: 3, Byte: 17, Reason: "bad", Advice: "mend it"}
	require.Equal(t, "a.json:3: byte 17: bad (mend it)", e.Error())
	e = otlpfile.InputError{File: "a.gz", Byte: 17, Unpacked: true, Reason: "bad"}
	require.Equal(t, "a.gz: byte 17 of the unpacked data: bad", e.Error())
	e = otlpfile.InputError{File: "a", Byte: -1, Reason: "no such file"}
	require.Equal(t, "a: no such file", e.Error())
}
