{{/* Rules and keys, by reference. `who` is control or api: each gets what it needs, and the key that signs approvals is the API's alone. */}}
{{- define "breakwater.governed" -}}
{{- $g := .root.Values.governance }}
{{- $isControl := eq .who "control" }}
{{- $all := list }}
{{- if $g.policyConfigMap }}{{ $all = append $all (dict "setting" "BREAKWATER_POLICY" "volume" "policy" "configMap" $g.policyConfigMap) }}{{ end }}
{{- if $g.rego.configMap }}{{ $all = append $all (dict "setting" "BREAKWATER_REGO" "volume" "rego" "configMap" $g.rego.configMap "key" $g.rego.key) }}{{ end }}
{{- if $isControl }}
{{- with $g.approvals.publicKeys }}{{ if .configMap }}{{ $all = append $all (dict "setting" "BREAKWATER_APPROVAL_PUBLIC_KEYS" "volume" "approval-keys" "configMap" .configMap "key" .key) }}{{ end }}{{ end }}
{{- with $g.reviews.publicKeys }}{{ if .configMap }}{{ $all = append $all (dict "setting" "BREAKWATER_REVIEW_PUBLIC_KEYS" "volume" "review-keys" "configMap" .configMap "key" .key) }}{{ end }}{{ end }}
{{- with $g.changeControl }}{{ if .configMap }}{{ $all = append $all (dict "setting" "BREAKWATER_CHANGE_CONTROL" "volume" "change-control" "configMap" .configMap "key" .key) }}{{ end }}
{{- if .secretsName }}{{ $all = append $all (dict "setting" "BREAKWATER_SECRETS_DIR" "volume" "secrets" "secret" .secretsName) }}{{ end }}{{ end }}
{{- with $g.audit.keySecret }}{{ if .name }}{{ $all = append $all (dict "setting" "BREAKWATER_AUDIT_KEY" "volume" "audit-key" "secret" .name "key" .key) }}{{ end }}{{ end }}
{{- else }}
{{- with $g.approvals.keySecret }}{{ if .name }}{{ $all = append $all (dict "setting" "BREAKWATER_APPROVAL_KEY" "volume" "approval-key" "secret" .name "key" .key) }}{{ end }}{{ end }}
{{- end }}
{{- toYaml (dict "items" $all) }}
{{- end }}

{{- define "breakwater.governanceEnv" -}}
{{- range (include "breakwater.governed" . | fromYaml).items }}
- { name: {{ .setting }}, value: /etc/breakwater/{{ .volume }}{{ with .key }}/{{ . }}{{ end }} }
{{- end }}
{{- if eq .who "control" }}
{{- with .root.Values.governance }}
{{- if .opaUrl }}
- { name: BREAKWATER_OPA_URL, value: {{ .opaUrl | quote }} }
{{- end }}
{{- if .audit.urlSecret.name }}
- { name: BREAKWATER_AUDIT_URL, valueFrom: { secretKeyRef: { name: {{ .audit.urlSecret.name }}, key: {{ .audit.urlSecret.key }} } } }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "breakwater.governanceMounts" -}}
{{- range (include "breakwater.governed" . | fromYaml).items }}
- { name: {{ .volume }}, mountPath: /etc/breakwater/{{ .volume }}, readOnly: true }
{{- end }}
{{- end }}

{{- define "breakwater.governanceVolumes" -}}
{{- range (include "breakwater.governed" . | fromYaml).items }}
{{- if .configMap }}
- { name: {{ .volume }}, configMap: { name: {{ .configMap }} } }
{{- else }}
- { name: {{ .volume }}, secret: { secretName: {{ .secret }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- end }}
