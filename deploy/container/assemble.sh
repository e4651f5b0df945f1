#!/bin/sh
# Builds the agent and lays out the files of its image under $1: Node, bundle, compiled code, licence, bill of materials,
# and a configuration. Runs in the container build, and on any machine after `npm ci`.
set -eu
target=$1
cd "$(dirname "$0")/../.."
PATH=$PWD/node_modules/.bin:$PATH
npm run --silent build
mkdir -p "$target/app" "$target/usr/local/bin" "$target/etc/sluice"
cp dist/*.js dist/*.cjs dist/*.json dist/*.txt "$target/app/"
cp package.json LICENSE "$target/app/"
cp "$(readlink -f "$(command -v node)")" "$target/usr/local/bin/node"
cp config/kubernetes.yaml "$target/etc/sluice/sluice.yaml"
npm sbom --omit dev --sbom-format cyclonedx >"$target/app/sbom.cdx.json"
# Compiled code of the first start, so that no start is the first one; it does not depend on where it lies. An agent leaves it
# after a second. The flags are a part of it: none here, as in the image.
env -i "$target/usr/local/bin/node" "$target/app/sluice.js" --config 'yaml:
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}}}
processors: {memory_limiter: {limit_mib: 100, check_interval: 1s}, batch: }
exporters: {otlp_grpc: {endpoint: "127.0.0.1:1", tls: {insecure: true}}, otlp_http: {endpoint: "http://127.0.0.1:1"}}
service: {telemetry: {metrics: {level: none}}, pipelines: {traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc, otlp_http]}}}' 2>/dev/null &
agent=$!
for _ in $(seq 100); do [ -z "$(ls "$target"/app/program-*.compiled 2>/dev/null)" ] || break; sleep 0.1; done
kill -TERM "$agent" && wait "$agent"
ls "$target"/app/program-*.compiled >/dev/null
chmod -R a+rX,a-w "$target/app"
