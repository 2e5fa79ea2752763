#!/usr/bin/env bash
# Every check and test of the project. What a machine lacks is said, never
# passed over in silence; with CI=true it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly golangci_version=v2.15.0
readonly govulncheck_version=v1.9.0

step() { printf '\n== %s\n' "$*"; }

step "gofmt"
unformatted=$(gofmt -l cmd pkg)
if [ -n "$unformatted" ]; then
  printf 'gofmt would change:\n%s\n' "$unformatted"
  exit 1
fi

step "go vet"
go vet ./...

step "go mod"
go mod tidy -diff
go mod verify

# tool NAME PACKAGE@VERSION: prints where the tool is, after installing it in CI;
# nothing when it is not there.
tool() {
  local path
  path=$(command -v "$1" || true)
  [ -n "$path" ] || path=$(go env GOPATH)/bin/$1
  if [ ! -x "$path" ] && [ "${CI:-}" = true ]; then
    go install "$2" >&2
  fi
  if [ -x "$path" ]; then
    printf '%s' "$path"
  else
    printf 'NOT RUN: %s is not installed: go install %s\n' "$1" "$2" >&2
  fi
}

step "golangci-lint"
lint=$(tool golangci-lint "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci_version")
[ -z "$lint" ] || "$lint" run ./...

step "govulncheck"
vuln=$(tool govulncheck "golang.org/x/vuln/cmd/govulncheck@$govulncheck_version")
if [ -n "$vuln" ]; then
  if ! found=$("$vuln" ./... 2>&1); then
    case $found in
    # A finding fails; a machine that cannot ask does not.
    *"fetching vulnerabilities"*) printf 'NOT RUN: the vulnerability database cannot be reached from here\n' ;;
    *) printf '%s\n' "$found" && exit 1 ;;
    esac
  else
    printf '%s\n' "$found"
  fi
fi

step "build"
scripts/build.sh >/dev/null
bin/vcfleet version

step "scripts are whole"
for script in scripts/*.sh .ci/run; do bash -n "$script"; done

# What the race detector would distort: the 50 ms form of the latency ratio, and
# what 200 runs leave behind. One package at a time: they would distort each other.
step "go test, measurements"
go test -count=1 -p 1 -run '^(TestSoak|TestManyTakeAsLongAsOne)$' ./pkg/cli ./pkg/collector

# Architecture, units, conversations with simulated vCenters, and the txtar
# scripts of the command line, with the race detector.
step "go test -race"
go test -race "$@" ./...
