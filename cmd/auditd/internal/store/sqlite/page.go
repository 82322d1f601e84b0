package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// maxMerge is up to how many facets are merged. With more of them so many findings
// match that a scan in the order of time fills a page soon.
const maxMerge = 512

// unindexed is the facet of findings past MaxFacets: their JSON tells.
const unindexed = 0

// place is a finding's place in the order, and its row.
type place struct {
	time int64
	id   string
	n    int64
}

// newest orders places: the newest first.
func newest(a, b place) int {
	return cmp.Or(cmp.Compare(b.time, a.time), strings.Compare(b.id, a.id))
}

// FindingPage implements store.Findings.
func (s *Store) FindingPage(ctx context.Context, q store.FindingQuery) (store.FindingPage, error) {
	if q.Limit < 1 || q.Limit > store.MaxPage {
		return store.FindingPage{}, fmt.Errorf("limit %d: %w: use 1 to %d", q.Limit, store.ErrInvalid, store.MaxPage)
	}
	p := newPager(s, q)
	if err := p.collect(ctx); err != nil {
		return store.FindingPage{}, err
	}
	return p.page(ctx)
}

// pager collects one page.
type pager struct {
	store *Store
	q     store.FindingQuery
	want  int   // one more than asked for: it tells whether there is a next page
	from  int64 // no finding is older
	after place // all findings are behind this place
	found []place
}

func newPager(s *Store, q store.FindingQuery) *pager {
	p := &pager{store: s, q: q, want: q.Limit + 1, from: math.MinInt64, after: place{time: math.MaxInt64, id: "\U0010ffff"}}
	if !q.From.IsZero() {
		p.from = nanos(q.From)
	}
	if !q.To.IsZero() {
		p.after = place{time: nanos(q.To)} // no id is less than ""
	}
	if c := (place{time: q.After.Time, id: q.After.ID}); !q.After.IsZero() && newest(p.after, c) < 0 {
		p.after = c
	}
	return p
}

// verdict is what an index entry tells of a finding.
type verdict uint8

const (
	no verdict = iota
	yes
	readIt // only the JSON tells
)

func (p *pager) collect(ctx context.Context) error {
	if p.q.TraceID != "" {
		return p.scan(ctx, func(int64) verdict { return readIt }, `finding_trace`, `trace_id = ? AND `, p.q.TraceID)
	}
	facets, all := p.facets()
	switch {
	case all:
		return p.scan(ctx, func(int64) verdict { return yes }, `finding_time`, ``)
	case len(facets) > maxMerge:
		match := map[int64]verdict{unindexed: readIt}
		for _, id := range facets {
			match[id] = yes
		}
		return p.scan(ctx, func(facet int64) verdict { return match[facet] }, `finding_time`, ``)
	}
	return p.merge(ctx, append(facets, unindexed))
}

// merge collects from the index ranges of facets.
func (p *pager) merge(ctx context.Context, facets []int64) error {
	var all []place
	for _, id := range facets {
		p.found = nil
		tell := func(facet int64) verdict {
			if facet == unindexed {
				return readIt
			}
			return yes
		}
		if err := p.scan(ctx, tell, `finding_facet`, `facet = ? AND `, id); err != nil {
			return err
		}
		if all = append(all, p.found...); len(all) > p.want {
			slices.SortFunc(all, newest)
			all = all[:p.want]
			p.from = max(p.from, all[p.want-1].time) // what is older is not wanted any more
		}
	}
	slices.SortFunc(all, newest)
	p.found = all
	return nil
}

// scanBatch is how many index entries are read at once. Between batches no
// connection is held, so that reading JSON cannot wait for itself.
const scanBatch = 2048

// scan collects places in the order of an index, until there are enough.
func (p *pager) scan(ctx context.Context, tell func(facet int64) verdict, index, where string, args ...any) error {
	text := `SELECT facet, time, id, n FROM finding INDEXED BY ` + index + ` WHERE ` + where +
		`time >= ? AND (time, id) < (?, ?) ORDER BY time DESC, id DESC LIMIT ?`
	batch := max(p.want, scanBatch)
	if len(args) > 0 { // a facet or a trace: most of what is read is taken
		batch = p.want
	}
	for after := p.after; len(p.found) < p.want; {
		var read, ask []place
		rows := 0
		err := p.store.each(ctx, func(r *sql.Rows) error {
			var at place
			var facet int64
			err := r.Scan(&facet, &at.time, &at.id, &at.n)
			rows++
			after = at
			switch tell(facet) {
			case yes:
				read = append(read, at)
			case readIt:
				read, ask = append(read, at), append(ask, at)
			}
			return err
		}, text, append(slices.Clone(args), p.from, after.time, after.id, batch)...)
		if err != nil {
			return err
		}
		if err := p.take(ctx, read, ask); err != nil || rows < batch {
			return err
		}
	}
	return nil
}

// take adds places up to what is wanted; those to ask about when their JSON matches.
func (p *pager) take(ctx context.Context, read, ask []place) error {
	docs, err := p.store.docs(ctx, ask)
	if err != nil {
		return err
	}
	asked := make(map[int64]bool, len(ask))
	for _, at := range ask {
		asked[at.n] = true
	}
	for _, at := range read {
		if len(p.found) == p.want {
			break
		}
		if doc, there := docs[at.n]; !asked[at.n] || there && p.q.Match(&doc) {
			p.found = append(p.found, at)
		}
	}
	return nil
}

// facets returns those that match; all: the query takes every finding of its range.
func (p *pager) facets() (ids []int64, all bool) {
	q := p.q
	q.From, q.To = time.Time{}, time.Time{}
	if q.All() {
		return nil, true
	}
	s := p.store
	s.mu.RLock()
	defer s.mu.RUnlock()
	for f, id := range s.known.facets {
		if v := f.finding(); q.Match(&v) {
			ids = append(ids, id)
		}
	}
	return ids, false
}

// page reads the findings.
func (p *pager) page(ctx context.Context) (store.FindingPage, error) {
	out := store.FindingPage{Findings: []auditor.Finding{}}
	if len(p.found) > p.q.Limit {
		p.found = p.found[:p.q.Limit]
		last := p.found[p.q.Limit-1]
		out.Next = store.Cursor{Time: last.time, ID: last.id}
	}
	docs, err := p.store.docs(ctx, p.found)
	if err != nil {
		return store.FindingPage{}, err
	}
	for _, at := range p.found { // one may have changed since its place was read
		if doc, there := docs[at.n]; there && p.q.Match(&doc) {
			out.Findings = append(out.Findings, doc)
		}
	}
	return out, nil
}

// docs reads the current states of findings by row; those that were deleted
// meanwhile are left out.
func (s *Store) docs(ctx context.Context, at []place) (map[int64]auditor.Finding, error) {
	docs := make(map[int64]auditor.Finding, len(at))
	if len(at) == 0 {
		return docs, nil
	}
	ids := make([]int64, len(at))
	for i := range at {
		ids[i] = at[i].n
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	err = s.each(ctx, func(rows *sql.Rows) error {
		var n int64
		var doc sql.RawBytes
		if err := rows.Scan(&n, &doc); err != nil {
			return err
		}
		var f auditor.Finding
		err := decode(doc, &f)
		docs[n] = f
		return err
	}, `SELECT f.n, c.doc FROM json_each(?) j CROSS JOIN finding f ON f.n = j.value JOIN change c ON c.seq = f.change`, string(list))
	return docs, err
}

func decode(doc []byte, f *auditor.Finding) error {
	if err := json.Unmarshal(doc, f); err != nil {
		return fmt.Errorf("stored finding: %w: %w", store.ErrCorrupt, err)
	}
	return nil
}
