// Package config turns a YAML file into a [Config] that is right, or into one
// [Error] that lists everything wrong with it, each problem with its line,
// its column and a hint.
//
// What it refuses: unknown and repeated keys, values of another type (nothing
// is converted: `yes` is a text and 5 is no duration), several documents,
// merge keys (`<<`; `defaults` and named credentials do their work), files
// over 4 MiB, and contradictions such as a thumbprint next to `insecure`.
// Aliases are followed, within a budget. A synonym (`server` for `host`) is
// refused as well, with the right key as the hint: one thing has one name.
//
// What it does not do: it contacts no vCenter, and [Load] opens no secret.
// [Config.Secrets] does that, later and only for the vCenters that are read.
// A password is never part of a message, not even one in the wrong place
// under `password`; a proxy URL that holds one is refused for that reason.
//
// To add a key: add a given[T] to the struct in document.go that holds it and
// one bind line in fields.go. The loader, the hints and the JSON Schema walk
// that declaration; there is no other list of keys. Then carry the value into
// [Config] in resolve.go, mention the key in example.go (a test asks for it),
// add a bad file per new message to testdata/bad and run the tests with
// -update.
package config
