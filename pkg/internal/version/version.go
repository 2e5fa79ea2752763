// Package version says which vcfleet this is. It refuses to guess: a build
// without a tag or a commit calls itself "devel".
package version

import (
	"cmp"
	"runtime/debug"
)

// version is set by scripts/build.sh with -ldflags -X; it is empty in a plain
// `go build`.
var version string

// String returns the version: the one linked in, else the module version, else
// the commit that the go command recorded, with +dirty for a changed tree.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(version, "devel")
	}
	return cmp.Or(version, from(info))
}

// from is a pure function of the build's record, so that it can be tested.
func from(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	settings := make(map[string]string)
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return "devel"
	}
	if len(revision) > 12 {
		revision = revision[:12]
	}
	if settings["vcs.modified"] == "true" {
		revision += "+dirty"
	}
	return "devel-" + revision
}
