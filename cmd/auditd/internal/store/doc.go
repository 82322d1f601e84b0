// Package store is what auditd keeps: findings with their history, roll-ups of
// hops and traffic, and policy versions. It has the interface, the types, and the
// rules that every store shares: how a finding follows another (Merge), and how
// shares, topology and coverage come from roll-ups. Engines are below it; each
// passes the suite in storetest. No type of an engine leaves its package.
package store
