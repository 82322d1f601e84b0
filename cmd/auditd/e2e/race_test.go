//go:build race

package e2e

// raced: the binary is built with the race detector too.
const raced = true
