package policyfile_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(policyfile.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("policy.schema.json", doc))
	s, err := c.Compile("policy.schema.json")
	require.NoError(t, err)
	return s
}

// asJSON reads YAML as an editor would, for the schema. ok is false where it
// cannot be read, or has anchors, which an editor may expand without end.
func asJSON(data []byte) (doc any, ok bool) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > 1<<16 || bytes.Contains(data, []byte("&")) {
		return nil, false
	}
	var v any
	if yaml.Unmarshal(data, &v) != nil {
		return nil, false
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, false
	}
	doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(text))
	return doc, err == nil
}

// unseen lists the invalid files that a schema takes: it sees values one by one,
// not places and not other fields.
func unseen() []string {
	return []string{
		"alive_baseline", "alive_given_baseline", "serves_baseline", "ignores_baseline", "isolation_ignores_baseline",
		"serves_and_ignores", "isolation_two_schemes", "template_twice", "template_brace",
		"time_month", "time_zero", "duration_overflow", "isolation_queue_hex", "yaml_tag",
		"encoding", "nul", "two_documents", // readers differ in what they make of these
	}
}

func TestSchemaAgreesWithTheParser(t *testing.T) {
	schema := compiled(t)
	for _, folder := range []string{"valid", "odd"} {
		for _, path := range files(t, folder) {
			if doc, ok := asJSON(read(t, path)); ok {
				require.NoError(t, schema.Validate(doc), path)
			} else {
				require.Contains(t, []string{"aliases.yaml", "anchored.yaml"}, filepath.Base(path))
			}
		}
	}
	var taken []string
	for _, path := range files(t, "invalid") {
		if doc, ok := asJSON(read(t, path)); ok && schema.Validate(doc) == nil {
			taken = append(taken, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "bad_"), ".yaml"))
		}
	}
	require.ElementsMatch(t, unseen(), taken)
}

// node is what the tests need of a schema.
type node struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"default"`
	Examples    []any           `json:"examples"`
	Properties  map[string]node `json:"properties"`
	Items       *node           `json:"items"`
}

func root(t *testing.T) node {
	t.Helper()
	var n node
	require.NoError(t, json.Unmarshal(policyfile.Schema(), &n))
	return n
}

// walk calls visit for each property at any depth.
func walk(prefix string, n node, visit func(path string, n node)) {
	for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
		p := n.Properties[name]
		visit(prefix+name, p)
		walk(prefix+name+".", p, visit)
		if p.Items != nil {
			walk(prefix+name+"[].", *p.Items, visit)
		}
	}
}

func tablePaths(prefix string, fields []spec.Field, visit func(path string, f spec.Field)) {
	for _, f := range fields {
		visit(prefix+f.Name, f)
		mark := "."
		if f.Type == spec.Objects {
			mark = "[]."
		}
		tablePaths(prefix+f.Name+mark, f.Fields, visit)
	}
}

func TestSchemaHasTheParsersFields(t *testing.T) {
	var inSchema, inTable []string
	walk("", root(t), func(path string, n node) {
		inSchema = append(inSchema, path)
		require.NotEmpty(t, n.Description, path)
		require.NotEmpty(t, n.Examples, path)
	})
	tablePaths("", spec.Fields(), func(path string, _ spec.Field) { inTable = append(inTable, path) })
	require.ElementsMatch(t, inTable, inSchema)
	require.Greater(t, len(inSchema), 35)
}

// A field added to the engine's policy must come into the file.
func TestTableHasTheEnginesFields(t *testing.T) {
	var inGo, inTable []string
	goPaths("", reflect.TypeFor[auditor.Policy](), &inGo)
	var collect func(prefix string, fields []spec.Field)
	collect = func(prefix string, fields []spec.Field) {
		for _, f := range fields {
			if f.Go != "" {
				inTable = append(inTable, prefix+f.Go)
			}
			collect(prefix+f.Go+".", f.Fields)
		}
	}
	collect("", spec.Fields())
	require.ElementsMatch(t, inGo, inTable)
}

func goPaths(prefix string, typ reflect.Type, out *[]string) {
	for _, f := range reflect.VisibleFields(typ) {
		*out = append(*out, prefix+f.Name)
		sub := f.Type
		if sub.Kind() == reflect.Slice {
			sub = sub.Elem()
		}
		if sub.Kind() == reflect.Struct && sub.PkgPath() == typ.PkgPath() {
			goPaths(prefix+f.Name+".", sub, out)
		}
	}
}

// The examples are a policy each, and the parser knows each field but not its
// misspelt twin.
func TestExamples(t *testing.T) {
	for _, f := range spec.Fields() {
		for _, example := range f.Examples {
			text := "version: 1\n" + f.Name + ": " + example + "\n"
			if f.Name == "version" {
				text = "version: " + example + "\n"
			}
			_, warnings, err := policyfile.Parse("p", []byte(text))
			require.NoError(t, err, text)
			require.Empty(t, warnings, text)
		}
		_, _, err := policyfile.Parse("p", []byte("version: 1\n"+f.Name+"x: 1\n"))
		require.ErrorContains(t, err, `unknown field (did you mean "`+f.Name+`"?)`)
	}
}

// Written out as a file, the schema's defaults are the default policy.
func TestSchemaDefaults(t *testing.T) {
	file := map[string]any{"version": 1}
	var without []string
	for name, p := range root(t).Properties {
		switch {
		case len(p.Properties) > 0:
			part := map[string]any{}
			for sub, q := range p.Properties {
				require.NotEmpty(t, q.Default, sub)
				part[sub] = q.Default
			}
			file[name] = part
		case p.Default == nil:
			without = append(without, name)
		default:
			file[name] = p.Default
		}
	}
	require.ElementsMatch(t, []string{"version", "valid_from"}, without)
	data, err := json.Marshal(file)
	require.NoError(t, err)
	got, _, err := policyfile.Parse("defaults", data)
	require.NoError(t, err)
	require.Equal(t, auditor.DefaultPolicy(), got)
}

// What an entry of a list does not give has the schema's default too.
func TestSchemaDefaultsOfEntries(t *testing.T) {
	got, _, err := policyfile.Parse("p", []byte("version: 1\nconsumers: [{}]\nisolation: [{topic: a, group: b}]\n"))
	require.NoError(t, err)
	want := map[string]string{
		"consumers[].topic": got.Consumers[0].Topic, "consumers[].group": got.Consumers[0].Group,
		"isolation[].scheme": string(got.Isolation[0].Scheme), "isolation[].state": string(got.Isolation[0].State),
	}
	walk("", root(t), func(path string, n node) {
		if !strings.Contains(path, "[].") || n.Default == nil {
			return
		}
		var text string
		require.NoError(t, json.Unmarshal(n.Default, &text))
		require.Equal(t, want[path], text, path)
		delete(want, path)
	})
	require.Empty(t, want)
}

func TestSchemesAndStatesAreTheEngines(t *testing.T) {
	enums := map[string][]string{}
	tablePaths("", spec.Fields(), func(path string, f spec.Field) { enums[path] = f.Enum })
	for _, s := range []auditor.Scheme{auditor.SchemeSQL92, auditor.SchemeProperty, auditor.SchemeTag, auditor.SchemeShadowTopic, auditor.SchemeQueue} {
		require.Contains(t, enums["isolation[].scheme"], string(s))
	}
	for _, s := range []auditor.IsolationState{auditor.StateNormal, auditor.StateGray, auditor.StateDraining, auditor.StateParked} {
		require.Contains(t, enums["isolation[].state"], string(s))
	}
	require.Len(t, enums["isolation[].scheme"], 5)
	require.Len(t, enums["isolation[].state"], 4)
}
