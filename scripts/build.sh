#!/usr/bin/env bash
# Builds bin/vcfleet: static, and the same bytes from the same commit and Go
# version, wherever it is built. VERSION overrides the version.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo devel)}
out=${1:-bin/vcfleet}
CGO_ENABLED=0 go build -trimpath -buildvcs=false \
  -ldflags "-s -w -buildid= -X vcfleet/pkg/internal/version.version=$version" \
  -o "$out" ./cmd/vcfleet
printf '%s\n' "$out"
