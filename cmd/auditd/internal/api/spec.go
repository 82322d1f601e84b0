package api

import (
	_ "embed"
	"net/http"

	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var specYAML []byte

// spec is the OpenAPI document in both forms.
type spec struct{ yaml, json []byte }

func loadSpec() (spec, error) {
	text, err := yaml.YAMLToJSON(specYAML)
	return spec{specYAML, text}, err
}

func (a *API) getSpecYAML(w http.ResponseWriter, r *http.Request) error {
	if err := accepts(r, typeYAML); err != nil {
		return err
	}
	write(w, http.StatusOK, typeYAML, a.spec.yaml)
	return nil
}

func (a *API) getSpecJSON(w http.ResponseWriter, r *http.Request) error {
	if err := accepts(r, typeJSON); err != nil {
		return err
	}
	write(w, http.StatusOK, typeJSON, a.spec.json)
	return nil
}
