// Package audittest reads cases of the audit rules that are drawn as text and
// runs them against any implementation: the engine, an adapter, a daemon.
//
// A case is one or more traces, each an indented tree with one span a line, and
// beside the line the finding that it should get. A span without an expectation
// must get no finding. README.md of this folder has the grammar, the folder
// cases has the built-in cases.
package audittest
