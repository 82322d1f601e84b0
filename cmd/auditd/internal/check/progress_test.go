package check

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

func TestProgress(t *testing.T) {
	for name, size := range map[string]int64{"a known size": 4 << 20, "standard input": -1, "empty": 0} {
		for _, now := range []bool{false, true} {
			var out bytes.Buffer
			p := newProgress(true, &out, []otlpfile.Source{{Size: size}})
			p.out.lock.Lock()
			p.out.from = time.Now().Add(time.Hour)
			if now {
				p.out.from = time.Now()
			}
			p.out.lock.Unlock()
			n, err := io.Copy(io.Discard, p.reader(strings.NewReader(strings.Repeat("x", int(max(0, size))))))
			require.NoError(t, err)
			require.Equal(t, max(0, size), n)
			p.judging()
			p.done()
			length := out.Len()
			_, _ = p.out.Write([]byte("late"))
			require.Equal(t, length, out.Len(), "nothing comes after the end")
			switch {
			case !now:
				require.Empty(t, out.String(), name)
			case size > 0:
				require.Contains(t, out.String(), "reading", name)
				require.True(t, strings.HasSuffix(out.String(), "\r\x1b[2K"), "%s: %q", name, out.String())
			}
		}
	}
}

func TestNoProgress(t *testing.T) {
	p := newProgress(false, nil, nil)
	require.Nil(t, p)
	r := strings.NewReader("x")
	require.Same(t, r, p.reader(r))
	p.pause()
	p.judging()
	p.done()
}
