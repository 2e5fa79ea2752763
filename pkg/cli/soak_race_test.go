//go:build race

package cli

// soakRuns is how often TestSoak collects. Under the race detector a run takes
// some ten times as long; scripts/test.sh runs the long form without it.
const soakRuns = 30
