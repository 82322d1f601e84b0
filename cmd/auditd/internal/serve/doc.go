// Package serve runs the daemon: a collector with the components of package
// distro, by an embedded configuration or by the user's.
package serve
