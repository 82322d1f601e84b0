// Package sqlite keeps a store in one SQLite file, with a driver in pure Go.
//
// One connection writes, a few read. Writers queue; those that wait while a
// transaction is written to disk share the next one (group commit), so that many
// small writes cost few fsyncs. Every commit is durable: WAL, synchronous=FULL.
//
// Layout. A finding is one row, and each change of it another that holds the
// finding as JSON. What can be filtered by is interned: a facet is one combination
// of verdict, service, tag and so on, and a page merges the index ranges of the
// facets that match, so that a rare combination is found without a scan.
//
// Roll-ups of the current hour are rows of (minute, series), written in the order
// of time, and mirrored in memory. A complete hour is packed: one row for each
// (series, hour) with up to 60 numbers, and one for each (series, day) with up to
// 24 sums. A share per minute over 30 days reads 720 rows a series, not 43,200;
// a total reads 30.
package sqlite
