package auditdextension

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

// byFile begins the name of who gave a version that came from a file.
const byFile = "file "

// historyDepth is how many versions back a file's last one is looked for.
const historyDepth = 1000

// takeFile makes the policy file a new version where it has changed since it was
// last taken. A version that was put through the API after that stays in force:
// the newest change wins, also across restarts.
func (x *Auditd) takeFile(ctx context.Context) error {
	if x.cfg.PolicyFile == "" {
		return nil
	}
	text, err := readPolicy(x.cfg.PolicyFile)
	if err != nil {
		return &ConfigError{fmt.Errorf("policy file: %w", err)}
	}
	_, warnings, err := policyfile.Parse(x.cfg.PolicyFile, text) // for its name before the lines
	if err != nil {
		return &ConfigError{err}
	}
	for _, w := range warnings {
		x.logger.Warn(w.String())
	}
	current, err := x.policies.Current(ctx)
	if err != nil {
		return err
	}
	taken, err := x.lastFromFile(ctx)
	if err != nil {
		return err
	}
	if bytes.Equal(taken, text) {
		x.unchanged(&current, text)
		return nil
	}
	v, err := x.policies.Put(ctx, current.Version, text, byFile+x.cfg.PolicyFile)
	if errors.Is(err, policies.ErrRefused) {
		return &ConfigError{err}
	}
	if err == nil {
		x.logger.Info("The policy was read.", zap.String("file", x.cfg.PolicyFile), zap.Int64("version", v.Version))
	}
	return err
}

// unchanged tells whose policy is in force where the file has nothing new.
func (x *Auditd) unchanged(current *policies.Version, text []byte) {
	fields := []zap.Field{zap.String("file", x.cfg.PolicyFile), zap.Int64("version", current.Version), zap.String("by", current.By)}
	if bytes.Equal(current.Source, text) {
		x.logger.Info("The policy file has not changed.", fields...)
		return
	}
	x.logger.Warn("The policy file has not changed since it was taken last; a newer version stays in force.", fields...)
}

// lastFromFile returns the newest version that came from a file; nil: none did.
func (x *Auditd) lastFromFile(ctx context.Context) ([]byte, error) {
	list, err := x.policies.History(ctx, 0, historyDepth)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		if !strings.HasPrefix(v.By, byFile) {
			continue
		}
		full, err := x.store.Policy(ctx, v.Version)
		if errors.Is(err, store.ErrNotFound) { // pruned meanwhile
			return nil, nil
		}
		return full.Source, err
	}
	return nil, nil
}

// readPolicy reads no more than tells that a file is too long.
func readPolicy(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, policyfile.MaxBytes+1))
}

// reload reads the policy file again when asked to. A bad one is refused, and the
// version before stays in force.
func (x *Auditd) reload(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.hooks.Reload:
		}
		if x.cfg.PolicyFile == "" {
			x.logger.Warn("There is no policy file to read again; set extensions::auditd::policy_file, or put the policy to the API.")
			continue
		}
		if err := x.takeFile(ctx); err != nil {
			x.logger.Error("The policy is refused; the one before stays in force.", zap.Error(err))
			x.counters.policyRefused.Add(1)
		}
	}
}

// Subscribe implements policysource.Source.
func (x *Auditd) Subscribe(use func(policysource.Update) error) (cancel func(), err error) {
	changed := x.policies.Changed()
	v, err := x.policies.Current(context.Background())
	if err != nil {
		return nil, err
	}
	first := update(&v)
	first.Restarted = x.restarted
	if err := use(first); err != nil {
		return nil, &ConfigError{err}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.follow(ctx, changed, v.Version, use)
	}()
	return func() { stop(); <-done }, nil
}

// follow hands on each version after the one that was used.
func (x *Auditd) follow(ctx context.Context, changed <-chan struct{}, used int64, use func(policysource.Update) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		changed = x.policies.Changed()
		v, err := x.policies.Current(ctx)
		if err != nil || v.Version == used {
			if err != nil && ctx.Err() == nil {
				x.logger.Error("The new policy cannot be read; the one before stays in force.", zap.Error(err))
			}
			continue
		}
		used = v.Version
		if err := use(update(&v)); err != nil {
			x.logger.Error("The policy cannot be put into force; the one before stays.", zap.Int64("version", v.Version), zap.Error(err))
			x.counters.policyRefused.Add(1)
		}
	}
}

func update(v *policies.Version) policysource.Update {
	return policysource.Update{Policy: v.Policy, Version: describe(v)}
}

func describe(v *policies.Version) string {
	if v.Version == 0 {
		return "built-in defaults"
	}
	text := fmt.Sprintf("version %d, by %s", v.Version, v.By)
	if from := v.Policy.ValidFrom; from.After(time.Now()) {
		text += ", holds from " + from.Format(time.RFC3339)
	}
	return text
}

// CheckPolicy tells what is wrong with a policy file: a *ConfigError.
func CheckPolicy(name string) error {
	text, err := readPolicy(name)
	if err != nil {
		return &ConfigError{fmt.Errorf("policy file: %w", err)}
	}
	p, _, err := policyfile.Parse(name, text)
	if err == nil {
		err = acceptable(p)
	}
	if err != nil {
		return &ConfigError{err}
	}
	return nil
}
