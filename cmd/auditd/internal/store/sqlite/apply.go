package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

const maxName = 256 // bytes of a run's name or a finding's id

// Apply implements store.Findings.
func (s *Store) Apply(ctx context.Context, run string, at time.Time, findings []auditor.Finding) error {
	if err := checkRun(run); err != nil {
		return err
	}
	for i := range findings {
		if n := len(findings[i].ID); n == 0 || n > maxName {
			return fmt.Errorf("finding %d: id of %d bytes: %w", i, n, store.ErrInvalid)
		}
	}
	if len(findings) == 0 {
		return ctx.Err()
	}
	own := slices.Clone(findings) // the caller may go while this waits
	return s.submit(ctx, func(t *tx) error {
		id, err := t.run(run, nanos(at))
		if err != nil {
			return err
		}
		for i := range own {
			if err := t.apply(id, nanos(at), own[i]); err != nil {
				return fmt.Errorf("finding %s: %w", own[i].ID, err)
			}
		}
		return nil
	}, false)
}

func checkRun(run string) error {
	if len(run) == 0 || len(run) > maxName {
		return fmt.Errorf("run of %d bytes: %w: use 1 to %d", len(run), store.ErrInvalid, maxName)
	}
	return nil
}

// stored is the row of a finding.
type stored struct {
	n, run int64
	doc    []byte
}

// apply takes one finding.
func (t *tx) apply(run, at int64, next auditor.Finding) error {
	var row stored
	there, err := t.get([]any{&row.n, &row.run, &row.doc},
		`SELECT f.n, f.run, c.doc FROM finding f JOIN change c ON c.seq = f.change WHERE f.id = ?`, next.ID)
	if err != nil {
		return err
	}
	var current *auditor.Finding
	if there {
		resent, err := t.get([]any{new(int64)}, `SELECT 1 FROM change WHERE finding = ? AND run = ? AND revision >= ? LIMIT 1`, row.n, run, next.Revision)
		if err != nil || resent {
			return err
		}
		current = &auditor.Finding{}
		if err := json.Unmarshal(row.doc, current); err != nil {
			return fmt.Errorf("stored state: %w: %w", store.ErrCorrupt, err)
		}
	}
	revision := next.Revision
	kind, state := store.Merge(current, next, row.run == run)
	if current == nil && kind != store.Found {
		return nil
	}
	return t.change(row.n, run, revision, at, kind, state)
}

// change adds an entry to the history, and makes it the current state where it is one.
func (t *tx) change(n, run int64, revision int, at int64, kind store.ChangeKind, state auditor.Finding) error {
	doc := []byte("{}") // a repetition has nothing to say
	if kind != store.Repeated {
		var err error
		if doc, err = json.Marshal(state); err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
	}
	if n == 0 {
		var err error
		if n, err = t.insert(`INSERT INTO finding (id, time, facet, trace_id, run, change, stored, changed) VALUES (?, ?, 0, ?, ?, 0, ?, ?)`,
			state.ID, nanos(state.Time), state.TraceID, run, at, at); err != nil {
			return err
		}
	}
	seq, err := t.insert(`INSERT INTO change (finding, run, revision, at, kind, doc) VALUES (?, ?, ?, ?, ?, ?)`, n, run, revision, at, string(kind), string(doc))
	if err != nil || kind == store.Weaker || kind == store.Repeated {
		return err
	}
	facet, err := t.facet(facetOf(&state))
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE finding SET time = ?, facet = ?, trace_id = ?, run = ?, change = ?, changed = ? WHERE n = ?`,
		nanos(state.Time), facet, state.TraceID, run, seq, at, n)
	return err
}

// facet returns the id of a facet, 0 where there are too many.
func (t *tx) facet(f facet) (int64, error) {
	known := t.w.store.known.facets // the writer alone changes it
	if id, ok := known[f]; ok {
		return id, nil
	}
	if id, ok := t.facets[f]; ok {
		return id, nil
	}
	if len(known)+len(t.facets) >= t.w.store.options.MaxFacets {
		return 0, nil
	}
	id, err := t.insert(`INSERT INTO facet (axis, verdict, certainty, state, kind, code, service, home, env, destination, grp, blame) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, f.fields()...)
	if err == nil {
		put(&t.facets, f, id)
	}
	return id, err
}
