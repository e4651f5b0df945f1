#!/usr/bin/env bash
# Builds an OpenTelemetry Collector as a peer for the benchmarks and the differential tests, where Go is at hand.
#
#   bench/peers/build-otelcol.sh [OUTPUT]      default: bench/out/otelcol
#
# The builder writes the sources; its own `go mod tidy` stumbles over a test-only dependency, so go.mod is written here.
set -euo pipefail

output=${1:-"$(dirname "$0")/../out/otelcol"}
if ! command -v go >/dev/null 2>&1; then
  echo "build-otelcol: no Go toolchain in PATH, so there is no Collector to compare with" >&2
  exit 2
fi
mkdir -p "$(dirname "$output")"
output=$(cd "$(dirname "$output")" && pwd)/$(basename "$output")

core=v0.155.0
stable=v1.61.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

export GOSUMDB=off GOFLAGS=-mod=mod
GOBIN=$work/bin go install "go.opentelemetry.io/collector/cmd/builder@$core"

core_module() { echo "  - gomod: go.opentelemetry.io/collector/$1 ${2:-$core}"; }
contrib_module() { echo "  - gomod: github.com/open-telemetry/opentelemetry-collector-contrib/$1 ${2:-$core}"; }
{
  echo "dist: {name: otelcol, output_path: ./peer, module: example.test/peer}"
  echo "receivers:"
  core_module receiver/otlpreceiver
  for name in jaeger zipkin; do contrib_module "receiver/${name}receiver"; done
  echo "processors:"
  for name in batch memorylimiter; do core_module "processor/${name}processor"; done
  for name in attributes resource filter probabilisticsampler redaction tailsampling transform; do
    contrib_module "processor/${name}processor"
  done
  echo "exporters:"
  for name in otlp otlphttp debug nop; do core_module "exporter/${name}exporter"; done
  contrib_module exporter/fileexporter
  echo "connectors:"
  core_module connector/forwardconnector
  for name in count spanmetrics; do contrib_module "connector/${name}connector"; done
  # Not every registry has its later versions; this one builds with the rest.
  contrib_module connector/routingconnector v0.149.0
  echo "extensions:"
  contrib_module extension/healthcheckextension
  contrib_module extension/storage/filestorage
  echo "providers:"
  for name in file env yaml; do core_module "confmap/provider/${name}provider" "$stable"; done
} >manifest.yaml

./bin/builder --config manifest.yaml --skip-compilation --skip-get-modules
{
  echo "module example.test/peer"
  echo "go 1.25.0"
  echo "require ("
  sed -n 's/^  - gomod: /  /p' manifest.yaml
  echo "  go.opentelemetry.io/collector/otelcol $core"
  echo "  go.opentelemetry.io/collector/component $stable"
  echo "  go.opentelemetry.io/collector/confmap $stable"
  echo ")"
} >peer/go.mod
cd peer
go build -o "$output" .
"$output" components >/dev/null && echo "built $output"
