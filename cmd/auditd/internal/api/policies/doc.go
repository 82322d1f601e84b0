// Package policies is the policy of a running auditd: it checks what is given,
// keeps versions in the store, and tells who waits that there is a new one.
package policies
