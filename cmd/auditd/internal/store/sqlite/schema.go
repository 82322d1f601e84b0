package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// applicationID marks the file as ours (PRAGMA application_id): "dyet".
const applicationID = 0x64796574

// migrations returns the steps from each schema version to the next. A step that
// was released is never changed; a change of the schema is a new step.
func migrations() []string {
	return []string{`
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('packed_until', 0), ('pruned_seq', 0), ('ping', 0);

CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, heard INTEGER NOT NULL);

CREATE TABLE facet (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	axis TEXT NOT NULL, verdict TEXT NOT NULL, certainty TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL,
	service TEXT NOT NULL, home TEXT NOT NULL, env TEXT NOT NULL, destination TEXT NOT NULL, grp TEXT NOT NULL, blame TEXT NOT NULL);

CREATE TABLE finding (
	n INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	time INTEGER NOT NULL,    -- ns since the Unix epoch
	facet INTEGER NOT NULL,   -- 0: too many facets; the JSON tells
	trace_id TEXT NOT NULL,
	run INTEGER NOT NULL,     -- whose state is the current one
	change INTEGER NOT NULL,  -- the current state
	stored INTEGER NOT NULL,
	changed INTEGER NOT NULL);
CREATE INDEX finding_time ON finding (time, id, facet);
CREATE INDEX finding_facet ON finding (facet, time, id);
CREATE INDEX finding_trace ON finding (trace_id, time, id);
CREATE INDEX finding_changed ON finding (changed);

CREATE TABLE change (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	finding INTEGER NOT NULL,
	run INTEGER NOT NULL,
	revision INTEGER NOT NULL, -- the run's own
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	doc TEXT NOT NULL);
CREATE UNIQUE INDEX change_once ON change (finding, run, revision);

CREATE TABLE series (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL, service TEXT NOT NULL, home TEXT NOT NULL, env TEXT NOT NULL, destination TEXT NOT NULL, grp TEXT NOT NULL,
	hop_kind TEXT NOT NULL, outcome TEXT NOT NULL, peer_service TEXT NOT NULL, peer_home TEXT NOT NULL, shown TEXT NOT NULL,
	basis TEXT NOT NULL, overflow INTEGER NOT NULL);

CREATE TABLE total (run INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, series)) WITHOUT ROWID;
CREATE TABLE hot (minute INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (minute, series)) WITHOUT ROWID;
CREATE TABLE pack (
	level INTEGER NOT NULL,  -- 0: hours of minutes, 1: days of hours
	series INTEGER NOT NULL,
	chunk INTEGER NOT NULL,  -- hour or day since the Unix epoch
	data BLOB NOT NULL,
	PRIMARY KEY (level, series, chunk)) WITHOUT ROWID;

CREATE TABLE policy (version INTEGER PRIMARY KEY, source BLOB NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL);
`}
}

// migrate brings the file to the newest schema, each step in a transaction.
func migrate(ctx context.Context, c *sql.Conn, file string) error {
	var app, version, tables int
	row := c.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&app, &version, &tables); err != nil {
		return err
	}
	steps := migrations()
	switch {
	case app != applicationID && tables > 0:
		return fmt.Errorf("%s: %w: it is a database of another program; choose another data folder", file, store.ErrCorrupt)
	case version > len(steps):
		return fmt.Errorf("%s: %w: it has schema %d, this auditd knows up to %d; start the newer auditd, or choose another data folder", file, store.ErrNewer, version, len(steps))
	}
	for v := version; v < len(steps); v++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version=%d; PRAGMA application_id=%d; COMMIT", steps[v], v+1, applicationID)
		if _, err := c.ExecContext(ctx, step); err != nil {
			_, _ = c.ExecContext(ctx, "ROLLBACK") // the error above tells
			return fmt.Errorf("schema %d: %w", v+1, err)
		}
	}
	return nil
}
