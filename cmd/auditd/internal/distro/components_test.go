package distro

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension"
)

// TestModules: what `auditd components` says of the modules is what go.mod says.
func TestModules(t *testing.T) {
	f, err := Factories(auditdextension.Hooks{})
	require.NoError(t, err)
	mod, err := os.ReadFile("../../../../go.mod")
	require.NoError(t, err)
	all := map[string]string{}
	add := func(name, module string) {
		require.NotEmpty(t, module, "%s names no module", name)
		all[name] = module
	}
	for id, c := range f.Receivers {
		add(id.String(), f.ReceiverModules[c.Type()])
	}
	for id, c := range f.Processors {
		add(id.String(), f.ProcessorModules[c.Type()])
	}
	for id, c := range f.Exporters {
		add(id.String(), f.ExporterModules[c.Type()])
	}
	for id, c := range f.Connectors {
		add(id.String(), f.ConnectorModules[c.Type()])
	}
	for id, c := range f.Extensions {
		add(id.String(), f.ExtensionModules[c.Type()])
	}
	for name, module := range ProviderModules() {
		add("provider "+name, module)
	}
	for name, module := range all {
		if module == own {
			continue
		}
		require.True(t, strings.Contains(string(mod), module+" ") || strings.Contains(string(mod), module+"\n"), "%s: %s is not in go.mod", name, module)
	}
}
