{{/*
What the policy takes from the values: texts, lists separated by commas. Cluster DNS is among them, unless dns.clusterDNSService names
a Service.
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
    "excludedNamespaces" (include "ndw.excludedNamespaces" . | fromYamlArray | join ",")
    "injectHostNetwork" (toString $selection.injectHostNetwork)
    "ignoreSkipRules" (join "," $selection.ignoreSkipRules)
    "namespaceSettings" (toString $selection.namespaceSettings) -}}
{{- if not $dns.clusterDNSService.name -}}{{- $_ := set $settings "clusterDNS" (include "ndw.clusterDNS" .) -}}{{- end -}}
{{- toYaml $settings -}}
{{- end -}}
{{- define "ndw.policy" -}}{{ include "ndw.fullname" . }}-policy{{- end -}}
