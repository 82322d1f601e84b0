package otlpfile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// request is one OTLP request with a ResourceSpans for each span name.
func request(names ...string) ptrace.Traces {
	t := ptrace.NewTraces()
	for i, n := range names {
		rs := t.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "svc-"+n)
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetName(n)
		s.SetTraceID([16]byte{1, byte(i + 1)})
		s.SetSpanID([8]byte{2, byte(i + 1)})
	}
	return t
}

func toJSON(t testing.TB, td ptrace.Traces) []byte {
	b, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return b
}

func toProto(t testing.TB, td ptrace.Traces) []byte {
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return b
}

func frame(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func pack(t testing.TB, parts ...[]byte) []byte {
	var out bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&out)
		_, err := z.Write(p)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return out.Bytes()
}

func pretty(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, b, "", "  "))
	return out.Bytes()
}

// names reads the span names in order.
func names(t testing.TB, r io.Reader) ([]string, error) {
	var got []string
	err := otlpfile.Read(t.Context(), r, "in", func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					got = append(got, s.Name())
				}
			}
		}
		return nil
	})
	return got, err
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestReadForms(t *testing.T) {
	ab, c := request("a", "b"), request("c")
	jab, jc, pab, pc := toJSON(t, ab), toJSON(t, c), toProto(t, ab), toProto(t, c)
	nl := []byte("\n")
	// A first element of 123 bytes makes protobuf begin like "\n{".
	brace := request("a")
	for len(toProto(t, brace)) != 125 {
		a := brace.ResourceSpans().At(0).Resource().Attributes()
		v, _ := a.Get("service.name")
		a.PutStr("service.name", v.Str()+"x")
	}
	pbrace := toProto(t, brace)
	require.Equal(t, "\n{", string(pbrace[:2]))
	forms := map[string][]byte{
		"lines":                      join(jab, nl, jc, nl),
		"lines without last newline": join(jab, nl, jc),
		"lines, blank and CRLF":      join(nl, jab, []byte("\r\n\r\n"), jc, []byte("\r\n")),
		"lines after a BOM":          join([]byte("\xef\xbb\xbf"), jab, nl, jc),
		"values on one line":         join(jab, jc),
		"one line, then two on one":  join(jab, nl, jc, []byte("{}\n")),
		"pretty":                     join(pretty(t, jab), pretty(t, jc)),
		"array":                      join([]byte("[\n"), jab, []byte(",\n"), jc, []byte("]\n")),
		"array on one line":          join([]byte("["), jab, []byte(","), jc, []byte("]")),
		"array a line":               join([]byte("["), jab, []byte("]\n["), jc, []byte("]")),
		"empty requests between":     join(jab, []byte("\n{}\n{\"resourceSpans\":[]}\n{\"resourceSpans\":null}\n"), jc),
		"unknown members":            join([]byte(`{"x":{"y":[1,{}]},`), jab[1:], nl, jc),
		"unknown members, pretty":    join(pretty(t, join([]byte(`{"x":{"y":[1,{}]},`), jab[1:])), jc),
		"snake case":                 bytes.ReplaceAll(join(jab, nl, jc), []byte("resourceSpans"), []byte("resource_spans")),
		"protobuf":                   join(pab, pc), // two messages after each other are one
		"protobuf, unknown field":    join(pab, []byte{9<<3 | 2, 2, 'x', 'y', 10 << 3, 1}, pc),
		"frames":                     join(frame(pab), frame(nil), frame(pc)),
	}
	for name, data := range forms {
		for pname, p := range map[string][]byte{"": data, ", gzip": pack(t, data), ", gzip in members": pack(t, data[:7], data[7:])} {
			t.Run(name+pname, func(t *testing.T) {
				got, err := names(t, bytes.NewReader(p))
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "c"}, got)
				got, err = names(t, iotest.OneByteReader(bytes.NewReader(p)))
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "c"}, got)
			})
		}
	}
	got, err := names(t, bytes.NewReader(pbrace))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, got)
}

func TestReadNothing(t *testing.T) {
	for _, s := range []string{"", "\n", " \r\n\n", "\xef\xbb\xbf", "{}", "[]"} {
		got, err := names(t, strings.NewReader(s))
		require.NoError(t, err, "%q", s)
		require.Empty(t, got)
	}
}

// TestReadLongLines: a line beyond what is decoded in one go is streamed.
func TestReadLongLines(t *testing.T) {
	line := func(prefix string, n int) []byte {
		td := ptrace.NewTraces()
		for range n {
			s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
			s.SetName(prefix)
			s.Attributes().PutStr("pad", strings.Repeat("x", 1<<20))
		}
		return toJSON(t, td)
	}
	long := line("long", 18)
	nl := []byte("\n")
	small := toJSON(t, request("a"))
	for name, data := range map[string][]byte{
		"first":  join(long, nl, small, nl),
		"middle": join(small, nl, long, nl),
		"pretty": join(pretty(t, long), nl, small),
	} {
		got, err := names(t, bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Len(t, got, 19, name)
	}
	_, err := names(t, bytes.NewReader(join(small, nl, long[:len(long)-9], nl, small)))
	var in *otlpfile.InputError
	require.ErrorAs(t, err, &in)
	require.Equal(t, 2, in.Line)
	require.Equal(t, int64(len(small)+1+len(long)-9), in.Byte)
}

func TestReadStops(t *testing.T) {
	data := join(toJSON(t, request("a")), []byte("\n"), toJSON(t, request("b")))
	stop := errors.New("enough")
	err := otlpfile.Read(t.Context(), bytes.NewReader(data), "in", func(ptrace.Traces) error { return stop })
	require.Equal(t, stop, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = otlpfile.Read(ctx, bytes.NewReader(data), "in", func(ptrace.Traces) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// TestReadLyingLength: a length that lies costs no memory.
func TestReadLyingLength(t *testing.T) {
	for name, data := range map[string][]byte{
		"element": append([]byte{0x0a, 0xff, 0xff, 0xff, 0x7f}, "short"...),
		"frame":   append([]byte{0x07, 0xff, 0xff, 0xff, 0x0a, 0xf0, 0xff, 0xff, 0x3f}, "short"...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := names(t, bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, "truncated", name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), name)
	}
}

// TestReadDeep: nesting that would exhaust the stack is refused.
func TestReadDeep(t *testing.T) {
	value := []byte{0x0a, 0x01, 'v'} // AnyValue.string_value
	parts := [][]byte{}
	size := len(value)
	for size < 24<<20 {
		list := binary.AppendUvarint([]byte{0x0a}, uint64(size))              // ArrayValue.values
		wrapped := binary.AppendUvarint([]byte{0x2a}, uint64(size+len(list))) // AnyValue.array_value
		parts = append(parts, list, wrapped)
		size += len(list) + len(wrapped)
	}
	var deep bytes.Buffer
	for _, part := range slices.Backward(parts) {
		deep.Write(part)
	}
	deep.Write(value)
	wrap := func(tag byte, b []byte) []byte {
		return append(binary.AppendUvarint([]byte{tag}, uint64(len(b))), b...)
	}
	attribute := wrap(0x0a, wrap(0x12, deep.Bytes()))
	_, err := names(t, bytes.NewReader(wrap(0x0a, wrap(0x0a, attribute))))
	require.ErrorContains(t, err, "nested too deep")

	_, err = names(t, strings.NewReader(`{"x":`+strings.Repeat("[", 20000)))
	require.ErrorContains(t, err, "nested")
	_, err = names(t, strings.NewReader(`{"resourceSpans":[{"x":`+strings.Repeat("[", 20000)))
	require.ErrorContains(t, err, "depth")
}
