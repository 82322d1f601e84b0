// Package policysource brings the rules of package isolation into a process: from a
// policy file, or from auditd, and again whenever they change.
//
//	source, err := policysource.OpenHTTP(ctx, "http://auditd:4327/api/v1/policy", policysource.Options{
//		Cache: "/var/lib/order/policy.yaml", // what to start with while auditd is away
//	})
//	defer source.Close()
//	rules := source.Rules()
//
// A source never fails open. It opens with rules or not at all, and from then on
// an error of any kind - auditd away, access denied, a broken policy - leaves in
// force what is in force. Errors are told to Options.OnError and by Status.
//
// Only the parts of a policy that isolation needs are read; what else is in it is
// the auditor's business. What is read must be right: a mistake refuses the policy
// as a whole, with file and line.
package policysource
