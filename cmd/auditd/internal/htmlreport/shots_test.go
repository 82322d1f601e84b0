package htmlreport

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestShots takes pictures of the page for people to look at, into the folder
// $HTMLREPORT_SHOTS; without it there is nothing to do.
func TestShots(t *testing.T) {
	dir := os.Getenv("HTMLREPORT_SHOTS")
	if dir == "" {
		t.Skip("SKIP: set HTMLREPORT_SHOTS to a folder to take pictures of the page")
	}
	in := realistic()
	big := large()
	big.Topology = wideTopology()
	open := "#v=escape&f=" + in.Report.Findings[12].ID
	for _, shot := range []struct {
		name, hash, scheme, media string
		in                        Input
		width                     int64
	}{
		{"light", "", "light", "screen", in, 1400},
		{"dark", open, "dark", "screen", in, 1400},
		{"open", open, "light", "screen", in, 1400},
		{"narrow", open, "light", "screen", in, 390},
		{"narrow-dark", "", "dark", "screen", in, 390},
		{"large", "", "light", "screen", big, 1400},
		{"print", "", "light", "print", in, 794},
		{"empty", "", "light", "screen", Input{}, 1400},
	} {
		t.Run(shot.name, func(t *testing.T) {
			p := openPage(t, shot.in, shot.hash)
			_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Media:    shot.media,
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: shot.scheme}},
			})
			require.NoError(t, err)
			p.do(chromedp.EmulateViewport(shot.width, 900), chromedp.Reload(), chromedp.WaitReady(chromedp.CSS("footer")))
			if shot.hash != "" {
				p.until(`document.querySelector(".span.here") !== null`)
			}
			png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, shot.name+".png"), png, 0o644))
		})
	}
}
