package sqlite

import (
	"context"
	"database/sql"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// facet is one combination of what findings are filtered by.
type facet struct {
	axis, verdict, certainty, state, kind, code, service, home, env, destination, group, blame string
}

func facetOf(f *auditor.Finding) facet {
	return facet{
		string(f.Axis), string(f.Verdict), string(f.Certainty), string(f.State), string(f.Kind), string(f.Code),
		f.Service, f.Home, f.Env, f.Destination, f.Group, f.Blame.Service,
	}
}

// finding returns a finding with the fields of the facet, to match queries against.
func (f *facet) finding() auditor.Finding {
	return auditor.Finding{
		Axis: auditor.Axis(f.axis), Verdict: auditor.Verdict(f.verdict), Certainty: auditor.Certainty(f.certainty),
		State: auditor.State(f.state), Kind: auditor.HopKind(f.kind), Code: auditor.Code(f.code),
		Service: f.service, Home: f.home, Env: f.env, Destination: f.destination, Group: f.group,
		Blame: auditor.Blame{Service: f.blame},
	}
}

func (f *facet) fields() []any {
	return []any{&f.axis, &f.verdict, &f.certainty, &f.state, &f.kind, &f.code, &f.service, &f.home, &f.env, &f.destination, &f.group, &f.blame}
}

// hour is the minutes of one series in one hour.
type hour [minutesPerHour]float64

// known is what the file holds that queries need at once. Readers hold Store.mu;
// the writer changes it after a commit only.
type known struct {
	facets map[facet]int64
	series map[store.Series]int64
	// hot are the hours since packedUntil, by hour and series; older ones are packed.
	hot         map[int64]map[int64]*hour
	packedUntil int64 // hour since the Unix epoch
	overflow    int64 // totals that went into overflow series
}

// load reads all of it.
func load(ctx context.Context, c *sql.Conn) (*known, error) {
	k := &known{facets: map[facet]int64{}, series: map[store.Series]int64{}, hot: map[int64]map[int64]*hour{}}
	if err := c.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'packed_until'`).Scan(&k.packedUntil); err != nil {
		return nil, err
	}
	for _, l := range []struct {
		query string
		scan  func(*sql.Rows) error
	}{
		{`SELECT id, axis, verdict, certainty, state, kind, code, service, home, env, destination, grp, blame FROM facet`, k.loadFacet},
		{`SELECT id, kind, service, home, env, destination, grp, hop_kind, outcome, peer_service, peer_home, shown, basis, overflow FROM series`, k.loadSeries},
		{`SELECT minute, series, value FROM hot`, k.loadHot},
	} {
		if err := scanAll(ctx, c, l.query, l.scan); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func scanAll(ctx context.Context, c *sql.Conn, query string, scan func(*sql.Rows) error) error {
	rows, err := c.QueryContext(ctx, query)
	return eachRow(rows, err, scan)
}

func (k *known) loadFacet(rows *sql.Rows) error {
	var id int64
	var f facet
	err := rows.Scan(append([]any{&id}, f.fields()...)...)
	k.facets[f] = id
	return err
}

func (k *known) loadSeries(rows *sql.Rows) error {
	var id int64
	var s store.Series
	err := rows.Scan(&id, &s.Kind, &s.Service, &s.Home, &s.Env, &s.Destination, &s.Group, &s.HopKind, &s.Outcome,
		&s.PeerService, &s.PeerHome, &s.Shown, &s.Basis, &s.Overflow)
	k.series[s] = id
	return err
}

func (k *known) loadHot(rows *sql.Rows) error {
	var minute, series int64
	var value float64
	err := rows.Scan(&minute, &series, &value)
	k.setHot(minute, series, value)
	return err
}

func (k *known) setHot(minute, series int64, value float64) {
	h := minute / minutesPerHour
	if k.hot[h] == nil {
		k.hot[h] = map[int64]*hour{}
	}
	if k.hot[h][series] == nil {
		k.hot[h][series] = &hour{}
	}
	k.hot[h][series][minute%minutesPerHour] = value
}
