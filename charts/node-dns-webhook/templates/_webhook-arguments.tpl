{{/* The arguments of node-dns-webhook, one a line as a YAML list: the Deployment serves with them, helm test checks them. */}}
{{- define "ndw.webhookArguments" -}}
- --listen=:{{ .Values.webhook.port }}
- --metrics-listen=:{{ .Values.webhook.metricsPort }}
- --tls-cert=/etc/node-dns/tls/tls.crt
- --tls-key=/etc/node-dns/tls/tls.key
- {{ printf "--local-address=%s" (join "," .Values.dns.localAddresses) | quote }}
{{- with .Values.dns.clusterDNSService.name | empty | ternary (include "ndw.knownClusterDNS" .) "$(CLUSTER_DNS)" }}
- {{ printf "--cluster-dns=%s" . | quote }}
{{- end }}
{{- with .Values.dns.clusterDomain }}
- --cluster-domain={{ . }}
{{- end }}
{{- with .Values.dns.hostSearches }}
- --host-searches={{ join "," . }}
{{- end }}
- --fallback={{ .Values.dns.fallback }}
{{- with include "ndw.options" . }}
- {{ printf "--options=%s" . | quote }}
{{- end }}
{{- with .Values.dns.allowedAnnotationOptions }}
- --allowed-options={{ join "," . }}
{{- end }}
{{- if semverCompare ">=1.34.0-0" .Capabilities.KubeVersion.Version }}
- --allow-underscore-searches=true
{{- end }}
- --mode={{ .Values.selection.mode }}
- --excluded-namespaces={{ include "ndw.excludedNamespaces" . | fromYamlArray | join "," }}
- --compat-label={{ .Values.selection.compatLabel }}
- --percent={{ .Values.selection.percent }}
{{- with .Values.selection.percentSeedLabel }}
- --percent-seed-label={{ . }}
{{- end }}
- --inject-host-network={{ .Values.selection.injectHostNetwork }}
{{- with .Values.selection.ignoreSkipRules }}
- --ignore-skip-rules={{ join "," . }}
{{- end }}
{{- if .Values.selection.namespaceSettings }}
- --namespace-settings=true
{{- end }}
- --probe={{ .Values.webhook.probe }}
- --shutdown-delay-seconds={{ .Values.webhook.shutdownDelaySeconds }}
- --log-level={{ .Values.webhook.logLevel }}
{{- range .Values.webhook.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Namespaces whose pods are never changed, the release's own included, as a YAML list. */}}
{{- define "ndw.excludedNamespaces" -}}
{{- append (compact .Values.selection.excludedNamespaces) .Release.Namespace | uniq | toYaml -}}
{{- end -}}

{{/* Resolver options as the webhook's flag: name:value,… sorted by name. */}}
{{- define "ndw.options" -}}
{{- $options := list -}}
{{- range $name, $value := .Values.dns.options -}}
{{- $text := kindIs "invalid" $value | ternary "" (include "ndw.scalar" $value) -}}
{{- $options = append $options (empty $text | ternary $name (printf "%s:%s" $name $text)) -}}
{{- end -}}
{{ join "," $options }}
{{- end -}}
