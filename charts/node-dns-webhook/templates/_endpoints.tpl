{{/* The headless Service over the pods of cluster DNS. */}}
{{- define "ndw.endpointsService" -}}{{ include "ndw.fullname" . | trunc 50 | trimSuffix "-" }}-cluster-dns{{- end -}}

{{/* true where it is made and asked for. */}}
{{- define "ndw.hasEndpoints" -}}
{{- $enabled := .Values.dns.endpoints.enabled | toString -}}
{{- if eq $enabled "auto" -}}
{{- not (or .Values.dns.clusterDNS .Values.dns.clusterDNSService.name (empty (include "ndw.knownClusterDNS" .))) -}}
{{- else -}}{{ $enabled }}{{- end -}}
{{- end -}}

{{/* Its name in DNS, as forward's endpoints have it. */}}
{{- define "ndw.endpoints" -}}
{{- $name := printf "%s.%s.svc.%s" (include "ndw.endpointsService" .) .Values.dns.endpoints.namespace (include "ndw.clusterDomain" .) -}}
{{- .Values.dns.endpoints.port | int | eq 53 | ternary $name (printf "%s:%d" $name (int .Values.dns.endpoints.port)) -}}
{{- end -}}

{{/*
true where search_cut can work: the cluster's domain, of which no part is asked elsewhere, and whose denials are kept.
Use: include "ndw.searchCut" (list $ zone)
*/}}
{{- define "ndw.searchCut" -}}
{{- $top := index . 0 -}}{{- $zone := index . 1 -}}
{{- $domain := include "ndw.clusterDomain" $top -}}
{{- $parts := list -}}
{{- range include "ndw.zoneNames" $top | fromYamlArray -}}
{{- if hasSuffix (printf ".%s" $domain) . -}}{{- $parts = append $parts . -}}{{- end -}}
{{- end -}}
{{- $settings := include "ndw.zone" . | fromYaml -}}
{{- and $top.Values.cache.searchCut (eq $zone $domain) (empty $parts) (gt (int $settings.denialTtlSeconds) 0) -}}
{{- end -}}
