//go:build !race

package cli

// soakRuns is how often TestSoak collects.
const soakRuns = 200
