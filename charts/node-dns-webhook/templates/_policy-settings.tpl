{{/*
What the policy reads of the values, as the data of its ConfigMap: texts, lists separated by commas. Cluster DNS is there too,
unless dns.clusterDNSService names a Service: then the Job that looks it up writes this map.
*/}}
{{- define "ndw.policySettings" -}}
{{- $dns := .Values.dns -}}
{{- $selection := .Values.selection -}}
{{- $domain := include "ndw.clusterDomain" . -}}
{{- $settings := dict
    "version" .Chart.AppVersion
    "localAddresses" (join "," $dns.localAddresses)
    "clusterDomain" (eq $domain "none" | ternary "" (trimSuffix "." $domain))
    "hostSearches" (join "," (without $dns.hostSearches "none"))
    "fallback" $dns.fallback
    "options" (include "ndw.options" .)
    "allowedOptions" (join "," ($dns.allowedAnnotationOptions | default (include "ndw.knownOptions" . | fromYamlArray)))
    "mode" $selection.mode
    "compatLabel" (toString $selection.compatLabel)
    "percent" (toString $selection.percent)
    "percentSeedLabel" $selection.percentSeedLabel
    "injectHostNetwork" (toString $selection.injectHostNetwork)
    "ignoreSkipRules" (join "," $selection.ignoreSkipRules)
    "namespaceSettings" (toString $selection.namespaceSettings) -}}
{{- if not $dns.clusterDNSService.name -}}{{- $_ := set $settings "clusterDNS" (include "ndw.clusterDNS" .) -}}{{- end -}}
{{- toYaml $settings -}}
{{- end -}}
{{- define "ndw.policy" -}}{{ include "ndw.fullname" . }}-policy{{- end -}}
{{- define "ndw.policyMap" -}}{{ .Values.dns.clusterDNSService.name | empty | ternary (include "ndw.policy" .) (include "ndw.clusterDNSMap" .) }}{{- end -}}
