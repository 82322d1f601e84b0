package check

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// progressAfter is how long work goes on before a bar is worth its flicker.
const progressAfter = time.Second

// progress shows how much of the input, as it is stored, was read. A nil
// progress shows nothing.
type progress struct {
	bar *progressbar.ProgressBar
	out *late
}

// late drops what is written before its time: the bar counts from the start, so
// that its rate is right, and is seen later. A spinner writes from a goroutine of
// its own.
type late struct {
	w             io.Writer
	from          time.Time
	lock          sync.Mutex
	shown, closed bool
}

func (l *late) Write(b []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.closed || !l.shown && time.Now().Before(l.from) {
		return len(b), nil
	}
	l.shown = true
	return l.w.Write(b)
}

// wipe clears the line; for good, or until the next write.
func (l *late) wipe(forGood bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.shown && !l.closed {
		_, _ = io.WriteString(l.w, "\r\x1b[2K")
	}
	l.closed = l.closed || forGood
}

func newProgress(on bool, w io.Writer, sources []otlpfile.Source) *progress {
	if !on {
		return nil
	}
	total := int64(0)
	for _, s := range sources {
		if s.Size < 0 {
			total = -1
			break
		}
		total += s.Size
	}
	out := &late{w: w, from: time.Now().Add(progressAfter)}
	return &progress{out: out, bar: progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)}
}

func (p *progress) reader(r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return &counted{r, p.bar}
}

type counted struct {
	io.Reader
	bar *progressbar.ProgressBar
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	_ = c.bar.Add64(int64(n))
	return n, err
}

// judging says that reading is over and the engine decides.
func (p *progress) judging() {
	if p != nil {
		p.bar.Describe("judging")
	}
}

// pause clears the line for another text.
func (p *progress) pause() {
	if p != nil {
		p.out.wipe(false)
	}
}

// done takes the bar away.
func (p *progress) done() {
	if p != nil {
		p.out.wipe(true)
		_ = p.bar.Exit()
	}
}
