// Package render writes the outcome of an audit: as text for people, as JSON
// (the contract of design.md section 5), as JUnit XML and as SARIF 2.1.0 for CI
// systems. The same input gives the same bytes.
//
// Names come from spans, so from outside: text output never passes on control
// characters, and the other forms escape as their format asks.
package render
