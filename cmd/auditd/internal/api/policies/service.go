package policies

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Builtin is the policy that holds before one was stored: version 0, all defaults.
const Builtin = "version: 1\n"

// ErrRefused says that a policy is well formed, but cannot be put into force.
var ErrRefused = errors.New("the policy cannot be put into force")

// Version is a policy version with what it means.
type Version struct {
	store.PolicyVersion // Version is 0 for Builtin
	Policy              auditor.Policy
	Warnings            []policyfile.Warning
}

// ETag returns the entity tag of a version, quotes included: the number, and a
// hash of the text against a store that was replaced.
func (v *Version) ETag() string {
	sum := sha256.Sum256(v.Source)
	return fmt.Sprintf(`"%d-%x"`, v.Version, sum[:6])
}

// Options of a Service.
type Options struct {
	Store store.Policies
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Accept says why a policy cannot be put into force; nil takes all. It must not
	// put it into force: that is up to who sees Changed.
	Accept func(auditor.Policy) error
}

// Service gives and takes policy versions. It may be used by many goroutines.
type Service struct {
	options Options
	mu      sync.Mutex
	changed chan struct{}
}

// New returns a service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Accept == nil {
		o.Accept = func(auditor.Policy) error { return nil }
	}
	return &Service{options: o, changed: make(chan struct{})}
}

// Changed returns a channel that is closed when there is a new version. Take it
// before Current, so that none is missed.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Service) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Current returns the newest version; Builtin where none was stored.
func (s *Service) Current(ctx context.Context) (Version, error) {
	p, err := s.options.Store.CurrentPolicy(ctx)
	if errors.Is(err, store.ErrNotFound) {
		p, err = store.PolicyVersion{Source: []byte(Builtin)}, nil
	}
	if err != nil {
		return Version{}, err
	}
	return read(p)
}

// Get returns one version; store.ErrNotFound.
func (s *Service) Get(ctx context.Context, version int64) (Version, error) {
	p, err := s.options.Store.Policy(ctx, version)
	if err != nil {
		return Version{}, err
	}
	return read(p)
}

// History returns up to limit versions below before (0: from the newest), the
// newest first, without their text.
func (s *Service) History(ctx context.Context, before int64, limit int) ([]store.PolicyVersion, error) {
	return s.options.Store.PolicyHistory(ctx, before, limit)
}

// read gives what a stored version means. One that today's parser refuses is
// shown as it is: it was good when it was stored.
func read(p store.PolicyVersion) (Version, error) {
	policy, warnings, err := policyfile.Parse("policy", p.Source)
	if bad, ok := errors.AsType[policyfile.Errors](err); ok {
		for _, e := range bad {
			warnings = append(warnings, policyfile.Warning(e))
		}
		err = nil
	}
	return Version{PolicyVersion: p, Policy: policy, Warnings: warnings}, err
}

// Check tells what a policy would mean, without storing it: policyfile.Errors, or
// ErrRefused.
func (s *Service) Check(source []byte) (Version, error) {
	policy, warnings, err := policyfile.Parse("policy", source)
	v := Version{PolicyVersion: store.PolicyVersion{Source: source}, Policy: policy, Warnings: warnings}
	if err != nil {
		return v, err
	}
	if err := s.options.Accept(policy); err != nil {
		return v, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return v, nil
}

// Put stores a new version after expect, the number of the version that the caller
// knows: store.ErrConflict where it is not the current one, else as Check. The
// same text again is no new version. By names who gave it.
func (s *Service) Put(ctx context.Context, expect int64, source []byte, by string) (Version, error) {
	v, err := s.Check(source)
	if err != nil {
		return v, err
	}
	current, err := s.Current(ctx)
	switch {
	case err != nil:
		return v, err
	case current.Version != expect:
		return v, fmt.Errorf("%w: version %d is current, not %d", store.ErrConflict, current.Version, expect)
	case current.Version > 0 && bytes.Equal(current.Source, source):
		return current, nil
	}
	p, err := s.options.Store.AppendPolicy(ctx, expect, store.PolicyVersion{Source: source, At: s.options.Now(), By: by})
	if err != nil {
		return v, err
	}
	v.PolicyVersion = p
	s.tell()
	return v, nil
}
