package htmlreport

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed assets
var assets embed.FS

// pageTemplate parses the page.
func pageTemplate() (*template.Template, error) {
	return template.New("page.tmpl").ParseFS(assets, "assets/*.tmpl")
}

// styleSheet returns the page's style.
func styleSheet() (string, error) {
	return readAll("base.css", "sections.css", "findings.css")
}

// script returns the page's script: the parts share one scope that nothing
// outside can reach.
func script() (string, error) {
	s, err := readAll("data.js", "filters.js", "trace.js", "detail.js", "list.js", "topology.js", "main.js")
	return "(() => {\n\"use strict\";\n" + s + "})();\n", err
}

func readAll(names ...string) (string, error) {
	var b strings.Builder
	for _, n := range names {
		c, err := assets.ReadFile("assets/" + n)
		if err != nil {
			return "", err
		}
		b.Write(c)
	}
	return b.String(), nil
}

// securityPolicy allows this style and this script and nothing else: markup
// that got in by a span's name could neither run nor load anything. data:
// images are allowed for the empty icon, so that no browser asks for one.
func securityPolicy(style, script string) string {
	return "default-src 'none'; style-src " + sourceHash(style) + "; script-src " + sourceHash(script) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

// sourceHash is the hash source of CSP level 3 for inline content.
func sourceHash(s string) string {
	h := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}
