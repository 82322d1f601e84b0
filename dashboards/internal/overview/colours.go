package overview

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/dyetrace/dyetrace/auditor"
)

// violations are the verdicts that are findings, the most severe first.
func violations() []auditor.Entry {
	var out []auditor.Entry
	for _, e := range auditor.Catalogue() {
		if e.Severity != auditor.SeverityNone {
			out = append(out, e)
		}
	}
	return out
}

// paint is a verdict and its colour.
type paint struct {
	verdict auditor.Verdict
	colour  string
}

// palette gives each violation a colour by its severity, the same in every panel.
func palette() []paint {
	shades := map[auditor.Severity][]string{
		auditor.SeverityCritical: {"dark-red", "red", "light-red"},
		auditor.SeverityHigh:     {"orange", "dark-orange", "light-orange"},
		auditor.SeverityMedium:   {"yellow", "light-yellow", "dark-yellow"},
	}
	used := map[auditor.Severity]int{}
	var out []paint
	for _, e := range violations() {
		of := shades[e.Severity]
		out = append(out, paint{e.Verdict, of[used[e.Severity]%len(of)]})
		used[e.Severity]++
	}
	return out
}

// painted colours the series of a graph that are verdicts.
func painted(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	for _, c := range palette() {
		p = p.OverrideByName(string(c.verdict), []dashboard.DynamicConfigValue{
			{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": c.colour}},
		})
	}
	return p
}

// verdictColumn is the heading of verdicts in tables.
const verdictColumn = "Verdict"

// tinted colours the verdicts of a table.
func tinted(p *table.PanelBuilder) *table.PanelBuilder {
	words := dashboard.NewValueMap()
	for i, c := range palette() {
		at := int32(i) //nolint:gosec // a handful
		words.Options[string(c.verdict)] = dashboard.ValueMappingResult{Color: &c.colour, Index: &at}
	}
	return p.OverrideByName(verdictColumn, []dashboard.DynamicConfigValue{
		{Id: "mappings", Value: []dashboard.ValueMapping{{ValueMap: words}}}, inColour(),
	})
}

// inColour lets a column show its colour. It is the name of schema version 37;
// later ones move it (custom.cellOptions) when they load the dashboard.
func inColour() dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "custom.displayMode", Value: "color-text"}
}

// absent keeps a number without data from the colour of its lowest step, which may
// be green.
func absent(word string) dashboard.ValueMapping {
	grey := "#6e6e6e"
	m := dashboard.NewSpecialValueMap()
	m.Options.Match = dashboard.SpecialValueMatchNullAndNan
	m.Options.Result = dashboard.ValueMappingResult{Text: &word, Color: &grey}
	return dashboard.ValueMapping{SpecialValueMap: m}
}
