{{/* Names. Everything is called after the release, or fullnameOverride: NAME-webhook, NAME-cache. */}}
{{- define "ndw.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- define "ndw.webhook" -}}{{ include "ndw.fullname" . }}-webhook{{- end -}}
{{- define "ndw.cache" -}}{{ include "ndw.fullname" . }}-cache{{- end -}}
{{- define "ndw.tlsSecret" -}}
{{- if eq .Values.tls.mode "existingSecret" }}{{ .Values.tls.existingSecret }}{{ else }}{{ include "ndw.webhook" . }}-tls{{ end -}}
{{- end -}}

{{/* Labels. Use: include "ndw.labels" (list $ "webhook"), include "ndw.selector" (list $ "webhook") */}}
{{- define "ndw.selector" -}}
{{- $top := index . 0 -}}
app.kubernetes.io/name: node-dns-{{ index . 1 }}
app.kubernetes.io/instance: {{ $top.Release.Name }}
{{- end -}}
{{- define "ndw.labels" -}}
{{- $top := index . 0 -}}
{{ include "ndw.selector" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: node-dns
app.kubernetes.io/version: {{ $top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $top.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $top.Chart.Name $top.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* An image's full name. Use: include "ndw.image" (list $ .Values.cache.image) */}}
{{- define "ndw.image" -}}
{{- $top := index . 0 -}}{{- $image := index . 1 -}}
{{- with $top.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}:{{ $image.tag | default $top.Chart.AppVersion }}
{{- end -}}
{{- define "ndw.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Addresses of cluster DNS, comma-separated: given, or those of the Service kube-system/kube-dns. */}}
{{- define "ndw.clusterDNS" -}}
{{- if .Values.dns.clusterDNS -}}
{{ join "," .Values.dns.clusterDNS }}
{{- else -}}
{{- $service := lookup "v1" "Service" "kube-system" "kube-dns" -}}
{{- if $service -}}
{{ join "," ($service.spec.clusterIPs | default (list $service.spec.clusterIP)) }}
{{- else -}}
{{ fail "dns.clusterDNS is empty and Helm finds no Service kube-system/kube-dns (helm template cannot look): set dns.clusterDNS to the addresses of cluster DNS" }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- define "ndw.clusterDomain" -}}{{ .Values.dns.clusterDomain | default "cluster.local" }}{{- end -}}
{{- define "ndw.takeoverPath" -}}{{ .Values.guard.takeoverPath | default (printf "/run/%s" (include "ndw.cache" .)) }}{{- end -}}

{{/* Resolver options as the webhook's flag: name:value,… sorted by name. */}}
{{- define "ndw.options" -}}
{{- $options := list -}}
{{- range $name, $value := .Values.dns.options -}}
{{- if or (kindIs "invalid" $value) (eq (toString $value) "") -}}
{{- $options = append $options $name -}}
{{- else -}}
{{- $options = append $options (printf "%s:%v" $name (kindIs "float64" $value | ternary (int64 $value) $value)) -}}
{{- end -}}
{{- end -}}
{{ join "," $options }}
{{- end -}}

{{/* What the schema cannot say, because it takes two values to be wrong. */}}
{{- define "ndw.validate" -}}
{{- if and (eq .Values.tls.mode "existingSecret") (not .Values.tls.existingSecret) -}}
{{ fail "tls.mode is existingSecret and tls.existingSecret is empty: name the Secret" }}
{{- end -}}
{{- /* Only where Helm sees the cluster at all: helm template knows no cert-manager. */ -}}
{{- if and .Values.webhook.enabled (eq .Values.tls.mode "certManager") (not (.Capabilities.APIVersions.Has "cert-manager.io/v1/Certificate")) (lookup "v1" "Service" "kube-system" "kube-dns") -}}
{{ fail "tls.mode is certManager and this cluster has no cert-manager (cert-manager.io/v1): install it, or --set tls.mode=helm, or tls.mode=existingSecret" }}
{{- end -}}
{{- range .Values.dns.clusterDNS -}}
{{- if has . $.Values.dns.localAddresses -}}
{{ fail (printf "dns.clusterDNS has %s, which is also in dns.localAddresses: the cache would ask itself" .) }}
{{- end -}}
{{- end -}}
{{- range .Values.guard.interceptClusterDNS -}}
{{- if has . $.Values.dns.clusterDNS -}}
{{ fail (printf "guard.interceptClusterDNS has %s, which is also in dns.clusterDNS: the cache would ask itself; give another way to cluster DNS" .) }}
{{- end -}}
{{- if not $.Values.dns.clusterDNS -}}
{{ fail "guard.interceptClusterDNS is set and dns.clusterDNS is empty: give another way to cluster DNS, such as a second Service" }}
{{- end -}}
{{- end -}}
{{- $ports := list (list "cache.metricsPort" .Values.cache.metricsPort) (list "cache.healthPort" .Values.cache.healthPort) (list "guard.metricsPort" .Values.guard.metricsPort) (list "guard.healthPort" .Values.guard.healthPort) -}}
{{- $seen := dict -}}
{{- range $ports -}}
{{- $port := toString (index . 1) -}}
{{- if hasKey $seen $port -}}
{{ fail (printf "%s and %s are both %s: all of them are ports of the node, give each its own" (get $seen $port) (index . 0) $port) }}
{{- end -}}
{{- $_ := set $seen $port (index . 0) -}}
{{- end -}}
{{- if eq (toString .Values.webhook.port) (toString .Values.webhook.metricsPort) -}}
{{ fail (printf "webhook.port and webhook.metricsPort are both %v: give each its own" .Values.webhook.port) }}
{{- end -}}
{{- end -}}
