// Package cli is the command line of auditd: flags, help and exit statuses.
package cli
