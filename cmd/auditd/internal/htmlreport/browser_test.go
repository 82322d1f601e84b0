package htmlreport

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const status = `document.getElementById("status").textContent`

func TestBrowserFiltersAndDetails(t *testing.T) {
	p := openPage(t, realistic(), "")
	require.Contains(t, p.text(status), "32 findings")
	all := p.count("details.group")
	p.click(`button[data-verdict=escape]`)
	p.until(status + `.startsWith("10 of 32 findings")`)
	require.Less(t, p.count("details.group"), all)
	require.Contains(t, p.text("location.hash"), "v=escape")

	p.do(chromedp.SendKeys(chromedp.ID("f-text"), "no such thing"))
	p.until(status + `.startsWith("0 of 32")`)
	p.click("#f-clear")
	p.until(status + `.startsWith("32 findings")`)
	p.quiet()
}

func TestBrowserMarksTheBrokenHop(t *testing.T) {
	in := realistic()
	f := in.Report.Findings[12] // the first escape
	p := openPage(t, in, "#v=escape&f="+f.ID)
	p.until(`document.querySelector(".span.here") !== null`)
	require.Equal(t, f.SpanID, p.text(`document.querySelector(".span.here").dataset.span`))
	require.Equal(t, f.Peer.SpanID, p.text(`document.querySelector(".span.peer").dataset.span`))
	require.Contains(t, p.text(`document.querySelector(".span.here").innerText`), "broken here")
	require.Contains(t, p.text(`document.querySelector(".span.peer .chips").innerText`), "gray")
	require.Equal(t, f.Explain, p.text(`document.querySelector(".explain").textContent`))
	require.Equal(t, 13, p.count(".trace .span"))
	p.quiet()
}

func TestBrowserShowsBothTracesOfALink(t *testing.T) {
	in := realistic()
	f := in.Report.Findings[len(in.Report.Findings)-2]
	require.NotEqual(t, f.TraceID, f.Peer.TraceID)
	p := openPage(t, in, "#f="+f.ID)
	p.until(`document.querySelector(".span.here") !== null`)
	require.Equal(t, 2, p.count(".excerpt"))
	require.Equal(t, f.Peer.SpanID, p.text(`document.querySelector(".excerpt:first-child .span.peer").dataset.span`))
	require.Equal(t, f.SpanID, p.text(`document.querySelector(".excerpt:last-child .span.here").dataset.span`))
	p.quiet()
}

func TestBrowserKeyboardOpensAFinding(t *testing.T) {
	p := openPage(t, realistic(), "#v=pollution")
	p.until(`document.querySelector("details.finding > summary") !== null`)
	p.do(chromedp.Focus(chromedp.CSS("details.finding > summary")), chromedp.KeyEvent("\r"))
	p.until(`document.querySelector("details.finding[open] .detail") !== null`)
	p.quiet()
}

func TestBrowserShowsHostileNamesAsText(t *testing.T) {
	in := realistic()
	f := in.Report.Findings[len(in.Report.Findings)-1]
	p := openPage(t, in, "#f="+f.ID)
	p.until(`document.querySelector(".span.here") !== null`)
	require.Contains(t, p.text(`document.querySelector(".span.here .op").textContent`), attack)
	require.Equal(t, attack, p.text(`document.querySelector(".explain").textContent`))
	require.Zero(t, p.count(`img, svg[onload], [onerror]`))
	p.quiet()
}

func TestBrowserTopologyLeadsToFindings(t *testing.T) {
	p := openPage(t, realistic(), "")
	eval[chromedp.Void](p, `document.querySelector(".flow.broken").focus()`)
	require.Contains(t, p.text(`document.getElementById("details").innerText`), "findings:")
	p.do(chromedp.KeyEvent("\r"))
	p.until(`location.hash.includes("v=")`)
	p.until(status + `.includes(" of 32 findings")`)
	p.quiet()
}

func TestBrowserStaysSmallWithTenThousandFindings(t *testing.T) {
	in := large()
	require.Len(t, in.Report.Findings, 10_000)
	in.Topology = wideTopology()
	p := openPage(t, in, "")
	require.Contains(t, p.text(status), "10,000 findings in 400 groups")
	require.Less(t, p.count("*"), 5000, "DOM nodes of the first view")
	require.Equal(t, 50, p.count("details.group"))
	t.Logf("%d DOM nodes, ready after %.0f ms", p.count("*"), eval[float64](p, `performance.getEntriesByType("navigation")[0].domComplete`))
	p.click("#groups > button.next")
	p.until(`document.querySelectorAll("details.group").length === 100`)

	last := in.Report.Findings[9_999]
	eval[string](p, `location.hash = "q=`+last.SpanID+`"`)
	p.until(status + `.startsWith("1 of 10,000")`)
	p.quiet()
}

func TestBrowserFitsAPhone(t *testing.T) {
	in := realistic()
	p := openPage(t, in, "#f="+in.Report.Findings[0].ID)
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile))
	p.until(`document.querySelector(".span.here") !== null`)
	p.until(`document.documentElement.scrollWidth <= 390`)
	p.quiet()
}

func TestBrowserEmptyReport(t *testing.T) {
	p := openPage(t, Input{}, "")
	require.Contains(t, p.text("document.body.innerText"), "Nothing to judge")
	p.quiet()
}
