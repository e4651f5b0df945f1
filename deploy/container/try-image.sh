#!/bin/sh
# Plays the container without an engine: lays out the image in a folder, makes it read-only, and runs it as a user id that
# no passwd knows, with an empty environment but the operator's variable, as the OpenTelemetry operator does.
# What it cannot show: the base image, and that the engine's read-only root holds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=$(mktemp -d)
agent=
cleanup() {
  if [ -n "$agent" ]; then kill -TERM "$agent" 2>/dev/null || true; fi
  chmod -R u+w "$image"
  rm -rf "$image"
}
trap cleanup EXIT
"$here/assemble.sh" "$image"
chmod 755 "$image"
node=$image/usr/local/bin/node
OTEL_CONFIG='
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:14317"}, http: {endpoint: "127.0.0.1:14318"}}}}
processors: {batch: }
exporters: {debug: }
extensions: {health_check: {endpoint: "127.0.0.1:14133"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 14888}}}}]}}
  pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [debug]}}
'
run=
if [ "$(id -u)" = 0 ]; then run="setpriv --reuid 54321 --regid 0 --clear-groups"; fi
cd /
env -i OTEL_CONFIG="$OTEL_CONFIG" OTEL_RESOURCE_ATTRIBUTES=k8s.pod.name=demo NODE_COMPILE_CACHE="$image/app/.compile-cache" \
  $run "$node" "$image/app/sluice.js" --config=env:OTEL_CONFIG --feature-gates=-component.UseLocalHostAsDefaultHost >"$image/out" 2>&1 &
agent=$!
ask() { "$node" -e "fetch('$1').then(async r => { console.log(r.status, (await r.text()).slice(0, 60)); process.exit(r.ok ? 0 : 1) }, () => process.exit(1))"; }
for _ in $(seq 100); do ask http://127.0.0.1:14133/readyz >/dev/null && break; sleep 0.1; done
echo "readiness: $(ask http://127.0.0.1:14133/readyz)"
echo "startup:   $(ask http://127.0.0.1:14133/startupz)"
"$node" "$image/app/sluice.js" status --probe --address 127.0.0.1:14888
echo "exec probe: exit $?"
echo "memory:    $(awk '/VmRSS/ {printf "%.1f MB", $2 / 1024}' "/proc/$agent/status")"
kill -TERM "$agent"
code=0
wait "$agent" || code=$?
agent=
echo "after TERM: exit $code"
cat "$image/out"
exit "$code"
