package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
)

var (
	drawn   = regexp.MustCompile("(?ms)^```audit\n(.*?\n)```$")
	tableOf = regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|`)
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// example is the worked example of docs/concepts.md.
func example(t *testing.T) (page, script string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(docs, "concepts.md"))
	require.NoError(t, err)
	m := drawn.FindStringSubmatch(string(text))
	require.NotNil(t, m, "concepts.md has no audit block")
	return string(text), m[1]
}

// The drawn trace gets the verdicts that the page says.
func TestWorkedExampleHolds(t *testing.T) {
	_, script := example(t)
	cases := fstest.MapFS{"concepts.audit": {Data: []byte(script)}}
	t.Run("offline", func(t *testing.T) { audittest.Run(t, cases, audittest.Offline) })
	t.Run("streaming", func(t *testing.T) { audittest.Run(t, cases, audittest.Streaming) })
}

// The table below it tells what the engine knows of each span: the tag it
// shows, and the colour that arrives and that leaves it.
func TestWorkedExampleHasItsColours(t *testing.T) {
	page, script := example(t)
	rows := tableOf.FindAllStringSubmatch(page, -1)
	spans := excerpt(t, script)
	require.Len(t, rows, len(spans))
	leaves := map[auditor.SpanID]string{}
	for i, s := range spans {
		leaves[s.SpanID] = s.Colour
		arrives, shows := leaves[s.ParentID], s.Tag
		if s.ParentID.IsZero() {
			arrives = "-"
		}
		if shows == "" {
			shows = "none"
		}
		got := []string{s.Service + "/" + s.Home, arrives, shows, s.Colour}
		for j := range got {
			require.Equal(t, got[j], strings.TrimSpace(rows[i][j+2]), "span %d of the table", i+1)
		}
	}
}

// excerpt audits the first trace of a script and returns its spans by start.
func excerpt(t *testing.T, script string) []auditor.TraceSpan {
	t.Helper()
	parsed, err := audittest.Parse("concepts.audit", []byte(script))
	require.NoError(t, err)
	c := &parsed.Cases[0]
	policy, err := c.Policy()
	require.NoError(t, err)
	e, err := auditor.New(policy, auditor.Options{Mode: auditor.Offline})
	require.NoError(t, err)
	feed := c.Feeds(policy.Windows.Liveness)[0].Arrivals
	for i := range feed {
		s := feed[i].Span
		s.Resource = e.Resource(feed[i].Resource)
		e.Add(feed[i].At, &s)
	}
	e.Close()
	id := feed[0].Span.TraceID
	return e.Excerpts(map[auditor.TraceID]bool{id: true}, len(feed))[id]
}

// Links of the docs lead to files that are there, and to their anchors.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(docs, "*.md"))
	require.NoError(t, err)
	records, err := filepath.Glob(filepath.Join(docs, "adr", "*.md"))
	require.NoError(t, err)
	found := 0
	for _, page := range append(append(pages, readme, "../../CONTRIBUTING.md"), records...) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(withoutCode(string(text)), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			require.True(t, leads(target, anchor), "%s: %s leads nowhere", page, m[1])
		}
	}
	require.Greater(t, found, 20)
}

func leads(target, anchor string) bool {
	if anchor == "" {
		_, err := os.Stat(target)
		return err == nil
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return false
	}
	if strings.Contains(string(text), `<a id="`+anchor+`"></a>`) {
		return true
	}
	for _, h := range heading.FindAllStringSubmatch(withoutCode(string(text)), -1) {
		if slug(h[1]) == anchor {
			return true
		}
	}
	return false
}

// withoutCode blanks fenced blocks: what looks like a link there is none.
func withoutCode(text string) string {
	return regexp.MustCompile("(?ms)^```.*?\n```$").ReplaceAllString(text, "")
}

// slug is a heading's anchor on GitHub: lower case, no punctuation, - for space.
func slug(h string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(h) {
		switch {
		case r == ' ' || r == '-':
			b.WriteByte('-')
		case r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
			b.WriteRune(r)
		}
	}
	return b.String()
}
