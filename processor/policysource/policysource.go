// Package policysource is how an extension of the collector hands a policy to the
// dyetrace processor and connector (their setting policy_extension).
package policysource

import "github.com/dyetrace/dyetrace/auditor"

// Update is a policy to put into force.
type Update struct {
	Policy auditor.Policy
	// Version names it in logs; may be empty.
	Version string
	// Restarted, of the first update: an earlier process took spans, and its facts
	// are lost (auditor.Options.Restarted).
	Restarted bool
}

// Source is implemented by an extension that has a policy.
type Source interface {
	// Subscribe calls use with the policy in force before it returns, and with
	// every later one, one call at a time, until cancel has returned. An error of
	// use says why a policy cannot be put into force; the one before stays, and an
	// error at the first call stops the component's start. Use may be called from
	// any goroutine and keeps nothing of the Update but copies. An extension must
	// be ready for Subscribe once it has started: extensions start before
	// pipelines and stop after them.
	Subscribe(use func(Update) error) (cancel func(), err error)
}
