// Package archtest holds the shape of the house as a test: which package may
// import which, and who alone uses a dependency. It has no code of its own.
//
// The table is changed when the design changes, and never to make a build pass.
// It parses the source instead of asking the go command, so that a cached test
// result cannot hide a new import.
package archtest
