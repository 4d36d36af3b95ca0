{{/* Zones of the Corefile in its order, as a YAML list: the cluster's, those of the values by name, and all else. */}}
{{- define "ndw.zoneNames" -}}
{{- $cluster := include "ndw.clusterZones" . | fromYamlArray -}}
{{- $named := list -}}
{{- range concat (keys .Values.zones) (keys .Values.cache.stubDomains) -}}
{{- $named = append $named (include "ndw.zoneName" .) -}}
{{- end -}}
{{- $others := list -}}
{{- range $named | uniq | sortAlpha -}}
{{- if not (or (has . $cluster) (eq . ".")) -}}{{- $others = append $others . -}}{{- end -}}
{{- end -}}
{{- concat $cluster $others (list ".") | toYaml -}}
{{- end -}}

{{/* A zone as the Corefile has it: without the last dot. */}}
{{- define "ndw.zoneName" -}}{{ eq . "." | ternary . (trimSuffix "." .) }}{{- end -}}
{{- define "ndw.clusterZones" -}}{{ list (include "ndw.clusterDomain" .) "in-addr.arpa" "ip6.arpa" | toYaml }}{{- end -}}

{{/* true for the cluster's domain, what is below it, and the reverse zones. Use: include "ndw.isClusterZone" (list $ zone) */}}
{{- define "ndw.isClusterZone" -}}
{{- $zone := index . 1 -}}
{{- $is := has $zone (include "ndw.clusterZones" (index . 0) | fromYamlArray) -}}
{{- or $is (hasSuffix (printf ".%s" (include "ndw.clusterDomain" (index . 0))) $zone) -}}
{{- end -}}

{{/*
Settings of a zone as YAML: the chart's own for its kind, over them those of zones. The reverse zones take what is said of
the cluster's domain, but for its upstreams. Use: include "ndw.zone" (list $ zone)
*/}}
{{- define "ndw.zone" -}}
{{- $top := index . 0 -}}{{- $zone := index . 1 -}}
{{- $cache := $top.Values.cache -}}
{{- $stale := dict "mode" ($cache.serveStale | empty | ternary "Off" "Verify") "duration" ($cache.serveStale | default "1h") "timeout" "500ms" "preferPositive" false -}}
{{- $settings := dict "protocol" "" "policy" "" "maxConcurrent" 0 "queryLog" $cache.logQueries "stale" $stale -}}
{{- $stub := "" -}}
{{- range $key, $servers := $cache.stubDomains -}}{{- if eq (include "ndw.zoneName" $key) $zone -}}{{- $stub = $servers -}}{{- end -}}{{- end -}}
{{- if and (not $stub) (eq (include "ndw.isClusterZone" .) "true") -}}
{{- $_ := set $stale "preferPositive" $cache.preferPositive -}}
{{- $settings = mergeOverwrite $settings (dict "protocol" "ForceTCP" "upstreams" "ClusterDNS" "successTtlSeconds" $cache.successTtlSeconds "denialTtlSeconds" $cache.denialTtlSeconds) -}}
{{- else -}}
{{- $settings = mergeOverwrite $settings (dict "upstreams" ($stub | default $cache.upstreamServers | default "Node") "successTtlSeconds" $cache.outsideTtlSeconds "denialTtlSeconds" $cache.outsideTtlSeconds) -}}
{{- end -}}
{{- if hasSuffix ".arpa" $zone -}}
{{- $settings = mergeOverwrite $settings (omit (include "ndw.zoneGiven" (list $top (include "ndw.clusterDomain" $top)) | fromYaml) "upstreams" "protocol") -}}
{{- end -}}
{{- $given := include "ndw.zoneGiven" . | fromYaml -}}
{{- if and (kindIs "slice" $given.upstreams) (contains "tls://" (join "" $given.upstreams)) -}}{{- $_ := set $settings "protocol" "" -}}{{- end -}}
{{- $settings = mergeOverwrite $settings $given -}}
{{- if $settings.stale.mode | toString | eq "false" -}}{{- $_ := set $settings.stale "mode" "Off" -}}{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* What zones says of a zone, without what is null. Use: include "ndw.zoneGiven" (list $ zone) */}}
{{- define "ndw.zoneGiven" -}}
{{- $wanted := index . 1 -}}
{{- $given := dict -}}
{{- range $zone, $settings := (index . 0).Values.zones -}}
{{- if eq (include "ndw.zoneName" $zone) $wanted -}}
{{- range $key, $value := $settings | default dict -}}
{{- if kindIs "map" $value -}}
{{- $inner := dict -}}
{{- range $name, $one := $value -}}{{- if not (kindIs "invalid" $one) -}}{{- $_ := set $inner $name $one -}}{{- end -}}{{- end -}}
{{- $_ := set $given $key $inner -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- $_ := set $given $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $given -}}
{{- end -}}
