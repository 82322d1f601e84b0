package htmlreport

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// findChromium returns the browser: $CHROMIUM, else the PATH. Without one the
// test is skipped, except in CI, where that is a failure.
func findChromium(t *testing.T) string {
	t.Helper()
	names := []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome"}
	for _, n := range names {
		if n == "" {
			continue
		}
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	const missing = "SKIP: chromium not found in PATH or $CHROMIUM: the page was NOT tried in a browser"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// page is a report open in a browser, with all that the browser complained of.
type page struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string
	requests []string
}

// openPage writes the report of in to a file and opens it with the hash, in a
// window 1400 pixels wide.
func openPage(t *testing.T, in Input, hash string) *page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, Write(f, in))
	require.NoError(t, f.Close())
	p := &page{t: t, url: "file://" + file}
	p.start(findChromium(t))
	p.do(chromedp.EmulateViewport(1400, 900), chromedp.Navigate(p.url+hash), chromedp.WaitReady(chromedp.CSS("footer")))
	return p
}

func (p *page) start(browser string) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	p.t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, opts...)
	p.t.Cleanup(stop)
	p.ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(p.listen))
	p.t.Cleanup(stop)
	_, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, log.Enable, cdp.Empty{})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(p.t, err)
}

// listen notes errors of the console, exceptions, blocked content and requests.
func (p *page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		p.problems = append(p.problems, "console "+string(e.Type))
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.problems = append(p.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if u, _, _ := strings.Cut(e.Request.URL, "#"); u != p.url && !strings.HasPrefix(u, "data:") {
			p.requests = append(p.requests, e.Request.URL)
		}
	}
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// eval returns the value of a JavaScript expression.
func eval[T any](p *page, js string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js))
	require.NoError(p.t, err, js)
	return v
}

// until waits for a condition, looking at each frame. chromedp.Poll would need
// the eval that the page's security policy forbids.
func (p *page) until(js string) {
	p.t.Helper()
	loop := `new Promise((done, fail) => {
		const end = performance.now() + 20000;
		const look = () => (` + js + `) ? done(true) : performance.now() > end ? fail(new Error("timeout")) : requestAnimationFrame(look);
		look();
	})`
	_, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](loop, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, js)
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

func (p *page) count(selector string) int {
	p.t.Helper()
	return eval[int](p, "document.querySelectorAll(`"+selector+"`).length")
}

func (p *page) text(js string) string {
	p.t.Helper()
	return eval[string](p, js)
}

// quiet fails the test for anything that the browser complained of.
func (p *page) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(p.t, p.problems, "the console is empty")
	require.Empty(p.t, p.requests, "nothing is asked from the network")
}
