// Package overview makes the Grafana dashboard: what broke, whose fault it is, how
// much traffic is gray, and how far all that can be trusted. It keeps to what
// Grafana 9.4 knows.
package overview

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// schemaVersion is that of Grafana 9.4. Newer ones bring a dashboard up to theirs
// when they load it; an older one would not understand a newer one.
const schemaVersion = 37

// Build returns the dashboard.
func Build() (dashboard.Dashboard, error) {
	b := dashboard.NewDashboardBuilder("Gray release: traffic, findings, coverage").
		Uid("dyetrace-overview").
		Description("Gray traffic as dyetrace audits it: violations and whom to ask, the gray share, and the coverage, without which no finding means nothing. Needs the recorded series of dyetrace.rules.yml.").
		Tags([]string{"dyetrace", "gray release"}).
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Time("now-6h", "now").
		Refresh("30s").
		Editable().
		Link(link("Verdicts", "https://github.com/dyetrace/dyetrace/blob/main/docs/verdicts.md")).
		Link(link("Alerts: runbook", runbook))
	for _, v := range variables() {
		b = b.WithVariable(v)
	}
	id := uint32(1)
	for _, r := range []row{headline(), findings(), shares(), coverage(), health()} {
		if r.title != "" {
			b = b.WithRow(dashboard.NewRowBuilder(r.title).Id(id))
			id++
		}
		for _, p := range r.panels {
			b = b.WithPanel(numbered{p, id})
			id++
		}
	}
	d, err := b.Build()
	if err != nil {
		return d, fmt.Errorf("build the dashboard: %w", err)
	}
	d.SchemaVersion = schemaVersion
	for i := range d.Links {
		d.Links[i].Placement = nil // in sight, not in a menu
	}
	return d, nil
}

// JSON returns the dashboard as Grafana imports it.
func JSON() ([]byte, error) {
	d, err := Build()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the dashboard: %w", err)
	}
	// Once more, so that > in expressions stays readable.
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("write the dashboard: %w", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(plain); err != nil {
		return nil, fmt.Errorf("write the dashboard: %w", err)
	}
	return out.Bytes(), nil
}

// row is panels under a title; without one they lead the dashboard.
type row struct {
	title  string
	panels []cog.Builder[dashboard.Panel]
}

// numbered gives a panel its id, which links and screenshots name.
type numbered struct {
	cog.Builder[dashboard.Panel]
	id uint32
}

// Build implements cog.Builder.
func (n numbered) Build() (dashboard.Panel, error) {
	p, err := n.Builder.Build()
	p.Id = &n.id
	return p, err
}

func link(title, url string) *dashboard.DashboardLinkBuilder {
	return dashboard.NewDashboardLinkBuilder(title).Type(dashboard.DashboardLinkTypeLink).Icon("doc").Url(url).TargetBlank(true)
}
