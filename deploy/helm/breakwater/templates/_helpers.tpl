{{- define "breakwater.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "breakwater.selector" -}}
app.kubernetes.io/name: breakwater
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "breakwater.labels" -}}
{{ include "breakwater.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "breakwater.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Build id in worker versioning; empty: there is none. A digest is a build id but for its colon. */}}
{{- define "breakwater.buildId" -}}
{{- if .Values.temporal.versioning }}
{{- $image := .Values.image.worker }}
{{- .Values.temporal.buildId | default $image.digest | default $image.tag | default .Chart.AppVersion | replace ":" "-" | trunc 128 }}
{{- end }}
{{- end }}

{{- define "breakwater.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "breakwater.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Settings that every process has. Secrets come by reference only. */}}
{{- define "breakwater.env" -}}
- { name: TEMPORAL_ADDRESS, value: {{ .Values.temporal.address | quote }} }
- { name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }} }
- { name: BREAKWATER_TASK_QUEUE, value: {{ .Values.temporal.taskQueue | quote }} }
- { name: BREAKWATER_LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: BREAKWATER_HOME, value: /tmp/breakwater }
{{- with .Values.temporal.apiKeySecret }}{{ if .name }}
- { name: TEMPORAL_API_KEY, valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .key }} } } }
{{- end }}{{ end }}
{{- with .Values.temporal.tls }}{{ if .enabled }}
- { name: TEMPORAL_TLS, value: "true" }
{{- if .serverName }}
- { name: TEMPORAL_TLS_SERVER_NAME, value: {{ .serverName | quote }} }
{{- end }}
{{- if .secretName }}
- { name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/temporal-tls/tls.crt }
- { name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/temporal-tls/tls.key }
- { name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/temporal-tls/ca.crt }
{{- end }}
{{- end }}{{ end }}
{{- end }}

{{/* What the control workers are told of all sites; empty: nobody said. One that is left out would be denied, so it is refused here. */}}
{{- define "breakwater.siteEnvironments" -}}
{{- $held := dict }}
{{- range $name, $environments := .Values.otherSites }}{{ $_ := set $held $name $environments }}{{ end }}
{{- range $site := .Values.sites }}{{ if $site.environments }}{{ $_ := set $held $site.name $site.environments }}{{ end }}{{ end }}
{{- if $held }}
{{- range $site := .Values.sites }}
{{- if not $site.environments }}{{ fail (printf "site %s says nothing of its environments, and others do: it would be denied. Write environments: [...]" $site.name) }}{{ end }}
{{- end }}
{{- $entries := list }}
{{- range $name, $environments := $held }}{{ $entries = append $entries (printf "%s=%s" $name (join "|" $environments)) }}{{ end }}
{{- join "," $entries }}
{{- end }}
{{- end }}

{{/* Settings of whoever keeps records. */}}
{{- define "breakwater.recordsEnv" -}}
- name: BREAKWATER_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.database.secretName }}, key: {{ .Values.database.key }} } }
{{- end }}

{{- define "breakwater.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if .Values.temporal.tls.secretName }}
- { name: temporal-tls, mountPath: /etc/temporal-tls, readOnly: true }
{{- end }}
{{- end }}

{{- define "breakwater.volumes" -}}
- { name: tmp, emptyDir: { sizeLimit: 256Mi } }
{{- if .Values.temporal.tls.secretName }}
- { name: temporal-tls, secret: { secretName: {{ .Values.temporal.tls.secretName }}, defaultMode: 0440 } }
{{- end }}
{{- end }}

{{/* Service links would set BREAKWATER_*_PORT and the like, which Breakwater refuses as unknown settings. */}}
{{- define "breakwater.podSpec" -}}
enableServiceLinks: false
securityContext: {{ include "breakwater.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A worker has no port: it keeps a file young while its event loop turns. That Temporal is away is no reason to restart it. */}}
{{- define "breakwater.workerProbes" -}}
startupProbe: # the file outlives a container: its age tells, not that it is there
  exec: { command: [sh, -c, "test $(( $(date +%s) - $(stat -c %Y /tmp/alive) )) -lt 60"] }
  periodSeconds: 3
  failureThreshold: 60
  timeoutSeconds: 5
livenessProbe:
  exec: { command: [sh, -c, "test $(( $(date +%s) - $(stat -c %Y /tmp/alive) )) -lt 60"] }
  periodSeconds: 20
  failureThreshold: 3
  timeoutSeconds: 5
readinessProbe:
  exec: { command: [sh, -c, "test $(( $(date +%s) - $(stat -c %Y /tmp/alive) )) -lt 60"] }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
