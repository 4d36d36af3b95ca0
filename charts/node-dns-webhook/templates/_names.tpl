{{/* Names. Everything is called after the release, or fullnameOverride: NAME-webhook, NAME-cache. */}}
{{- define "ndw.fullname" -}}
{{- .Values.fullnameOverride | default (.Release.Name | replace "." "-") | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- define "ndw.webhook" -}}{{ include "ndw.fullname" . }}-webhook{{- end -}}
{{- define "ndw.cache" -}}{{ include "ndw.fullname" . }}-cache{{- end -}}
{{- define "ndw.testPod" -}}{{ include "ndw.fullname" . }}-test{{- end -}}

{{/* A component's ServiceAccount. Use: include "ndw.serviceAccount" (list $ "webhook") */}}
{{- define "ndw.serviceAccount" -}}
{{- $top := index . 0 -}}{{- $component := index . 1 -}}
{{- $account := (get $top.Values $component).serviceAccount -}}
{{- $account.name | default ($account.create | ternary (include (printf "ndw.%s" $component) $top) "default") -}}
{{- end -}}

{{/*
The webhook's Secret. Each mode has its own: cert-manager leaves its Secrets behind, and Helm takes over none that it did
not make.
*/}}
{{- define "ndw.tlsSecret" -}}
{{- $mode := .Values.tls.mode -}}
{{- if eq $mode "existingSecret" -}}{{ .Values.tls.existingSecret }}
{{- else if eq $mode "helm" -}}{{ include "ndw.webhook" . }}-helm-tls
{{- else -}}{{ include "ndw.webhook" . }}-tls
{{- end -}}
{{- end -}}

{{/* An image's full name. Use: include "ndw.image" (list $ .Values.cache.image) */}}
{{- define "ndw.image" -}}
{{- $top := index . 0 -}}{{- $image := index . 1 -}}
{{- $tag := $image.tag | default (empty $image.digest | ternary $top.Chart.AppVersion "") -}}
{{- with $top.Values.image.registry | default $top.Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository }}{{ with $tag }}:{{ include "ndw.scalar" . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}
{{- define "ndw.pullSecrets" -}}
{{- $secrets := list -}}
{{- range concat .Values.image.pullSecrets (.Values.global.imagePullSecrets | default list) -}}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- with uniq $secrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* host:port to listen on; no host is every address. Use: include "ndw.listen" (list address port) */}}
{{- define "ndw.listen" -}}
{{- $address := index . 0 -}}
{{- contains ":" $address | ternary (printf "[%s]" $address) $address }}:{{ index . 1 -}}
{{- end -}}
