// Package lint holds the house rules that no linter knows, as tests: how long a
// file may be, that no path of a developer's machine is in it, that the engine
// starts nothing, and that every module is known. It has no code of its own.
package lint
