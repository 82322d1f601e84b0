// Package storetest is the suite that every store passes: Run. An engine that
// cannot do something says so in Without; the zero value runs everything.
package storetest
