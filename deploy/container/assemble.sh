#!/bin/sh
# Builds the agent and lays out the files of its image under $1: Node, bundle, compiled code, licence, bill of materials,
# and a configuration. Runs in the container build, and on any machine after `npm ci`.
set -eu
target=$1
cd "$(dirname "$0")/../.."
PATH=$PWD/node_modules/.bin:$PATH
npm run --silent build
mkdir -p "$target/app" "$target/usr/local/bin" "$target/etc/sluice"
cp dist/*.js "$target/app/"
cp package.json LICENSE "$target/app/"
cp "$(readlink -f "$(command -v node)")" "$target/usr/local/bin/node"
cp config/kubernetes.yaml "$target/etc/sluice/sluice.yaml"
npm sbom --omit dev --sbom-format cyclonedx >"$target/app/sbom.cdx.json"
# Compiled code of the first start, so that no start is the first one; it does not depend on where it lies.
NODE_COMPILE_CACHE=$target/app/.compile-cache NODE_COMPILE_CACHE_PORTABLE=1 \
  "$target/usr/local/bin/node" "$target/app/sluice.js" validate "$target/etc/sluice/sluice.yaml" >/dev/null
chmod -R a+rX,a-w "$target/app"
