package api

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// contract is the OpenAPI document, with objects closed: in tests an answer may
// have no field that the document does not know.
type contract struct {
	doc      map[string]any
	mu       sync.Mutex // of the compiler
	compiler *jsonschema.Compiler
}

func loadContract(t testing.TB) *contract {
	t.Helper()
	c, err := readContract()
	require.NoError(t, err)
	return c
}

var readContract = sync.OnceValues(func() (*contract, error) {
	s, err := loadSpec()
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.json))
	if err != nil {
		return nil, err
	}
	closeObjects(doc)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	return &contract{doc: doc.(map[string]any), compiler: c}, c.AddResource("openapi.json", doc)
})

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			closeObjects(child)
		}
	case []any:
		for _, child := range v {
			closeObjects(child)
		}
	}
}

// at follows a JSON pointer, and references on the way.
func (c *contract) at(pointer string) (map[string]any, string) {
	var v any = c.doc
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, ""
		}
		v = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		if m, ok := v.(map[string]any); ok {
			if ref, ok := m["$ref"].(string); ok {
				v, pointer = c.ref(ref), strings.TrimPrefix(ref, "#")
			}
		}
	}
	m, _ := v.(map[string]any)
	return m, pointer
}

func (c *contract) ref(ref string) map[string]any {
	m, _ := c.at(strings.TrimPrefix(ref, "#"))
	return m
}

// operation returns the pointer of the operation that a request means.
func (c *contract) operation(method, path string) string {
	for pattern := range c.doc["paths"].(map[string]any) {
		form := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(pattern, "[^/]+")
		if regexp.MustCompile("^" + form + "$").MatchString(path) {
			return "/paths/" + strings.ReplaceAll(pattern, "/", "~1") + "/" + strings.ToLower(method)
		}
	}
	return ""
}

// check holds an answer against the document.
func (c *contract) check(t testing.TB, r *http.Response, body []byte) {
	t.Helper()
	pointer := c.operation(r.Request.Method, r.Request.URL.Path)
	require.NotEmpty(t, r.Header.Get("X-Request-Id"))
	require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
	if op, _ := c.at(pointer); pointer == "" || op == nil { // no such path or method: a problem all the same
		c.validate(t, "/components/schemas/Problem", body)
		return
	}
	response, at := c.at(pointer + "/responses/" + strconv.Itoa(r.StatusCode))
	if response == nil {
		response, at = c.at(pointer + "/responses/default")
	}
	require.NotNil(t, response)
	c.checkHeaders(t, r, response, at)
	content, ok := response["content"].(map[string]any)
	if !ok {
		require.Empty(t, body, "no content is documented for %s %d", pointer, r.StatusCode)
		return
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Contains(t, content, kind, "%s %d", pointer, r.StatusCode)
	if strings.HasSuffix(kind, "json") {
		c.validate(t, at+"/content/"+strings.ReplaceAll(kind, "/", "~1")+"/schema", body)
	}
}

// checkHeaders wants the headers that an answer must have.
func (c *contract) checkHeaders(t testing.TB, r *http.Response, response map[string]any, at string) {
	t.Helper()
	headers, _ := response["headers"].(map[string]any)
	for name := range headers {
		if header, _ := c.at(at + "/headers/" + name); header["required"] == true {
			require.NotEmpty(t, r.Header.Get(name), "%s: %s", at, name)
		}
	}
}

func (c *contract) validate(t testing.TB, pointer string, body []byte) {
	t.Helper()
	c.mu.Lock()
	schema, err := c.compiler.Compile("openapi.json#" + (&url.URL{Path: pointer}).EscapedPath())
	c.mu.Unlock()
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err, "%s", body)
	require.NoError(t, schema.Validate(v), "%s", body)
}

// answered is an answer that agrees with the document.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// into decodes the answer.
func (a answered) into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, v), "%s", a.body)
}

// problem decodes a problem.
func (a answered) problem(t testing.TB) problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	var p problem
	a.into(t, &p)
	require.Equal(t, a.status, p.Status)
	require.Equal(t, a.header.Get("X-Request-Id"), p.RequestID)
	return p
}

// ask sends a request; header are pairs of name and value.
func (w *world) ask(t testing.TB, method, path, body string, header ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if method != http.MethodHead {
		loadContract(t).check(t, resp, data)
	}
	return answered{resp.StatusCode, resp.Header, data}
}

func (w *world) get(t testing.TB, path string, header ...string) answered {
	t.Helper()
	return w.ask(t, http.MethodGet, path, "", header...)
}

// ok gets a path and decodes the answer.
func (w *world) ok(t testing.TB, path string, v any) answered {
	t.Helper()
	a := w.get(t, path)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	a.into(t, v)
	return a
}
