package otlpfile_test

import (
	"bytes"
	"errors"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// FuzzRead: any bytes give traces or an *InputError with a place inside of the
// data, and reading them whole or byte by byte is the same.
func FuzzRead(f *testing.F) {
	ab := request("a", "b")
	j, p := toJSON(f, ab), toProto(f, ab)
	for _, s := range [][]byte{
		nil, j, join(j, []byte("\n"), j), pretty(f, j), join([]byte("["), j, []byte("]")), p, frame(p), join(frame(p), frame(p)),
		pack(f, j), pack(f, p), pack(f, j[:5], j[5:]), j[:len(j)/2], p[:len(p)/2], frame(p)[:9], []byte("\n\n{}"), []byte("\xef\xbb\xbf{}"),
		[]byte(`{"resourceMetrics":[]}`), []byte(`[{"traceId":"1"}]`), []byte(good + "\n" + badID),
		{0x28, 0xb5, 0x2f, 0xfd},
		{0x0a, 0xff, 0xff, 0xff, 0x7f},
		{0, 0, 0, 1},
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		spans := 0
		err := otlpfile.Read(t.Context(), bytes.NewReader(data), "in", func(td ptrace.Traces) error {
			spans += td.SpanCount()
			return nil
		})
		again := 0
		err2 := otlpfile.Read(t.Context(), slow{bytes.NewReader(data)}, "in", func(td ptrace.Traces) error {
			again += td.SpanCount()
			return nil
		})
		if spans != again || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("not the same in small reads: %d spans, %v; %d spans, %v", spans, err, again, err2)
		}
		if err == nil {
			return
		}
		var in *otlpfile.InputError
		if !errors.As(err, &in) {
			t.Fatalf("no InputError: %v", err)
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		if in.Reason == "" || in.Byte < 0 || !in.Unpacked && (in.Byte > int64(len(data)) || in.Line > lines) {
			t.Fatalf("no place in the data: %+v", in)
		}
	})
}

// slow reads three bytes at a time.
type slow struct{ r *bytes.Reader }

func (s slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(3, len(p))]) }
