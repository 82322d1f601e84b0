// Package check audits files: it joins the readers of OTLP, the engine and the
// renderers into what "auditd check" does (design.md section 5).
package check
