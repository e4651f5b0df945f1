#!/bin/sh
# Renders the chart in every mode and checks all manifests against the Kubernetes API's own types. Needs Go and helm:
#   go install helm.sh/helm/v3/cmd/helm@v3.18.4
set -eu
cd "$(dirname "$0")"
command -v helm >/dev/null || { echo "validate: helm is not in PATH, see the head of this file" >&2; exit 2; }
go build -o "${TMPDIR:-/tmp}/sluice-validate" .
check() {
  echo "== $1"
  "${TMPDIR:-/tmp}/sluice-validate"
}
helm lint ../helm/sluice
for mode in deployment daemonset none; do
  helm template demo ../helm/sluice --kube-version 1.32.0 --set mode=$mode \
    --set serviceMonitor.enabled=true --set prometheusRule.enabled=true | check "chart, mode $mode"
done
for file in ../kubernetes/*.yaml; do check "$file" <"$file"; done
if command -v kustomize >/dev/null; then
  folder=$(mktemp -d)
  cp -r ../kustomize/sidecar "$folder/sidecar"
  cat >"$folder/app.yaml" <<'APP'
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {sluice.dev/sidecar: "true"}}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: app}]}
APP
  printf 'resources: [app.yaml]\ncomponents: [sidecar]\n' >"$folder/kustomization.yaml"
  kustomize build "$folder" | check 'kustomize component'
  rm -r "$folder"
fi
