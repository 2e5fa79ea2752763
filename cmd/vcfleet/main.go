// Command vcfleet reads the inventory of many VMware vCenters at once and
// merges it into one report that says exactly what it holds and what is
// missing. Run `vcfleet help` for its manual, `vcfleet demo` to see it work.
package main

import (
	"os"

	"vcfleet/pkg/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.OSStreams())) }
