package overview

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/dyetrace/dyetrace/dashboards/internal/promql"
)

// The choices at the top, as matchers. All stands for .*, which an absent label
// matches too.
const (
	ofJob     = promql.Job + `=~"$job"`
	ofService = promql.Service + `=~"$service"`
	ofEnv     = promql.Env + `=~"$env"`
)

func variables() []cog.Builder[dashboard.VariableModel] {
	return []cog.Builder[dashboard.VariableModel]{
		dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"),
		choice("job", "Auditor", fmt.Sprintf("label_values(%s, job)", promql.Spans)),
		choice("service", "Service", fmt.Sprintf(`label_values(%s{job=~"$job"}, %s)`, promql.Traffic, promql.Service)),
		choice("env", "Tag", fmt.Sprintf(`label_values(%s{job=~"$job",%s!=""}, %s)`, promql.Traffic, promql.Env, promql.Env)),
	}
}

func choice(name, label, query string) *dashboard.QueryVariableBuilder {
	all := []string{"$__all"}
	return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(source()).Definition(query).
		Query(dashboard.StringOrMap{Map: map[string]any{"query": query, "refId": "StandardVariableQuery"}}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
		Multi(true).IncludeAll(true).AllValue(".*").
		Current(dashboard.VariableOption{
			Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value: dashboard.StringOrArrayOfString{ArrayOfString: all},
		})
}

// source is the data source that was chosen: none is written into the dashboard.
func source() common.DataSourceRef {
	kind, uid := "prometheus", "${datasource}"
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}
