package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// putPolicy stores a new version of the policy, or with dry_run only checks it.
func (a *API) putPolicy(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, "dry_run")
	if err != nil {
		return err
	}
	dry := p.flag("dry_run")
	if err := p.err(); err != nil {
		return err
	}
	if err := accepts(r, typeJSON); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.config.Limits.Request)
	defer cancel()
	source, err := readYAML(w, r)
	if err != nil {
		return err
	}
	var v policies.Version
	if dry {
		v, err = a.config.Policies.Check(source)
	} else {
		v, err = a.replacePolicy(ctx, r, source)
	}
	if err != nil {
		return err
	}
	out := policyOf(&v)
	if out.DryRun = dry; !dry {
		w.Header().Set("ETag", v.ETag())
	}
	return answer(w, r, out)
}

// replacePolicy stores a version if the client knows the current one.
func (a *API) replacePolicy(ctx context.Context, r *http.Request, source []byte) (policies.Version, error) {
	known := r.Header.Values("If-Match")
	if len(known) == 0 {
		return policies.Version{}, newProblem(http.StatusPreconditionRequired, "if_match_missing",
			"send If-Match with the ETag of the policy that you changed, so that nobody's change gets lost")
	}
	current, err := a.config.Policies.Current(ctx)
	if err != nil {
		return policies.Version{}, err
	}
	if !matches(known, current.ETag()) {
		return policies.Version{}, problemOf(store.ErrConflict).with("ETag", current.ETag())
	}
	return a.config.Policies.Put(ctx, current.Version, source, clientOf(r))
}

// readYAML reads the body of a request.
func readYAML(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains([]string{typeYAML, "application/x-yaml", "text/yaml"}, kind) {
		return nil, newProblem(http.StatusUnsupportedMediaType, "not_yaml", "send the policy as Content-Type: "+typeYAML).with("Accept", typeYAML)
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, newProblem(http.StatusUnsupportedMediaType, "encoded", "send the policy without Content-Encoding").with("Accept-Encoding", "identity")
	}
	source, err := io.ReadAll(http.MaxBytesReader(w, r.Body, policyfile.MaxBytes))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, newProblem(http.StatusRequestEntityTooLarge, "too_long", "a policy has up to 1 MB")
	case err != nil:
		return nil, newProblem(http.StatusBadRequest, "body_unreadable", "the body ended early, or came too slowly")
	}
	return source, nil
}
