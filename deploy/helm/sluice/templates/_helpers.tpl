{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sluice.labels" -}}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "sluice.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The agent's container, the same in every mode. */}}
{{- define "sluice.container" -}}
name: sluice
image: "{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: ["--config", "/etc/sluice/sluice.yaml"]
env:
  - name: SLUICE_SHUTDOWN_TIMEOUT
    value: {{ printf "%ds" (sub (int .Values.terminationGracePeriodSeconds) 5) }}
  - name: K8S_POD_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
  - name: K8S_POD_UID
    valueFrom: {fieldRef: {fieldPath: metadata.uid}}
  - name: K8S_NAMESPACE_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
  - name: K8S_NODE_NAME
    valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
  - name: K8S_POD_IP
    valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- with .Values.extraEnv }}
{{ toYaml . | indent 2 }}
{{- end }}
{{- if .Values.envFromSecrets }}
envFrom:
{{- range .Values.envFromSecrets }}
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end }}
ports:
  - {name: otlp-grpc, containerPort: 4317, protocol: TCP}
  - {name: otlp-http, containerPort: 4318, protocol: TCP}
  - {name: metrics, containerPort: 8888, protocol: TCP}
  - {name: health, containerPort: 13133, protocol: TCP}
startupProbe:
  httpGet: {path: /startupz, port: health}
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 5
livenessProbe:
  httpGet: {path: /livez, port: health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
resources:
{{ toYaml .Values.resources | indent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
  # The folder, never a subPath: only a folder is updated when the ConfigMap changes.
  - {name: sluice-config, mountPath: /etc/sluice, readOnly: true}
{{- end -}}

{{/*
The agent as a native sidecar, for the initContainers of another chart's pod that lists this one as a dependency:
  initContainers: {{- include "sluice.sidecar" .Subcharts.sluice | nindent 8 }}
  volumes: {{- include "sluice.volumes" .Subcharts.sluice | nindent 8 }}
*/}}
{{- define "sluice.sidecar" -}}
- restartPolicy: Always
{{ include "sluice.container" . | indent 2 }}
{{- end -}}

{{- define "sluice.volumes" -}}
- name: sluice-config
  configMap: {name: {{ include "sluice.fullname" . }}}
{{- end -}}

{{- define "sluice.pod" -}}
metadata:
  labels:
{{ include "sluice.labels" . | indent 4 }}
{{- with .Values.podLabels }}
{{ toYaml . | indent 4 }}
{{- end }}
{{- with .Values.podAnnotations }}
  annotations:
{{ toYaml . | indent 4 }}
{{- end }}
spec:
  serviceAccountName: {{ include "sluice.serviceAccountName" . }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
  imagePullSecrets:
{{ toYaml . | indent 4 }}
{{- end }}
  containers:
    -
{{ include "sluice.container" . | indent 6 }}
  volumes:
{{ include "sluice.volumes" . | indent 4 }}
{{- with .Values.nodeSelector }}
  nodeSelector:
{{ toYaml . | indent 4 }}
{{- end }}
{{- with .Values.tolerations }}
  tolerations:
{{ toYaml . | indent 4 }}
{{- end }}
{{- with .Values.affinity }}
  affinity:
{{ toYaml . | indent 4 }}
{{- end }}
{{- end -}}
