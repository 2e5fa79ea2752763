#!/usr/bin/env bash
# Every check and test of the project. What a machine lacks is said, never
# passed over in silence; with CI=true it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly golangci_version=v2.15.0

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

step "golangci-lint"
lint=$(command -v golangci-lint || true)
[ -n "$lint" ] || lint=$(go env GOPATH)/bin/golangci-lint
if [ ! -x "$lint" ] && [ "${CI:-}" = true ]; then
  go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci_version"
fi
if [ -x "$lint" ]; then
  "$lint" run ./...
else
  printf 'NOT RUN: golangci-lint is not installed: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@%s\n' "$golangci_version"
fi

step "build"
scripts/build.sh >/dev/null
bin/vcfleet version

step "scripts are whole"
for script in scripts/*.sh .ci/run; do bash -n "$script"; done

# Architecture, units, conversations with simulated vCenters, and the txtar
# scripts of the command line, with the race detector.
step "go test -race"
go test -race "$@" ./...
