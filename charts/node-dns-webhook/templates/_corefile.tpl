{{/*
The cache's Corefile, in the shape of node-cache's own: the cluster's domain and the reverse zones over TCP to cluster DNS,
all else to the node's servers; zones changes single settings. __PILLAR__UPSTREAM__SERVERS__ is upstreamNameservers of the
kube-dns ConfigMap, or /etc/resolv.conf.
*/}}
{{- define "ndw.corefile" -}}
{{- .Values.cache.corefile | default (include "ndw.madeCorefile" .) -}}
{{- end -}}

{{- define "ndw.madeCorefile" -}}
{{- $health := printf "127.0.0.1:%v" .Values.cache.healthPort -}}
{{- range $index, $zone := include "ndw.zoneNames" . | fromYamlArray -}}
{{- include "ndw.zoneBlock" (dict "top" $ "zone" $zone "settings" (include "ndw.zone" (list $ $zone) | fromYaml) "health" (eq $index 0 | ternary $health "") "searchCut" (eq (include "ndw.searchCut" (list $ $zone)) "true")) }}
{{ end -}}
{{- with .Values.cache.extraServerBlocks }}
{{ . }}
{{- end }}
{{- end -}}

{{/* One server block. */}}
{{- define "ndw.zoneBlock" -}}
{{- $settings := .settings -}}
{{- $cache := .top.Values.cache -}}
{{ .zone }}:53 {
    errors
    cache {
        success 9984 {{ $settings.successTtlSeconds }}
        {{ $settings.denialTtlSeconds | int | eq 0 | ternary "disable denial" (printf "denial 9984 %v" $settings.denialTtlSeconds) }}
        {{- with $settings.stale }}
        {{- if eq .mode "Immediate" }}
        serve_stale {{ .duration }} immediate
        {{- else if eq .mode "Verify" }}
        serve_stale {{ .duration }} verify {{ .timeout }}
        {{- end }}
        {{- if and .preferPositive (ne .mode "Off") }}
        serve_stale_policy prefer_positive
        {{- end }}
        {{- end }}
    }
    {{- if .searchCut }}
    search_cut
    {{- end }}
    reload
    loop
    bind {{ concat .top.Values.dns.localAddresses .top.Values.guard.interceptClusterDNS | join " " }}
    forward . {{ include "ndw.upstreams" (list .top $settings.upstreams) }}
    {{- with include "ndw.forwardOptions" (list .top $settings) }} {
        {{- . | nindent 8 }}
    }
    {{- end }}
    prometheus {{ include "ndw.listen" (list $cache.metricsAddress $cache.metricsPort) }}
    {{- with .health }}
    health {{ . }}
    {{- end }}
    {{- if $settings.queryLog }}
    log
    {{- end }}
}
{{- end -}}

{{- define "ndw.upstreams" -}}
{{- $top := index . 0 -}}{{- $upstreams := index . 1 -}}
{{- if kindIs "slice" $upstreams -}}{{ join " " $upstreams }}
{{- else if eq $upstreams "Node" -}}__PILLAR__UPSTREAM__SERVERS__
{{- else if $top.Values.dns.clusterDNSService.name -}}__PILLAR__CLUSTER__DNS__
{{- else -}}{{ include "ndw.clusterDNS" $top | replace "," " " }}
{{- end -}}
{{- end -}}

{{- define "ndw.forwardOptions" -}}
{{- $top := index . 0 -}}{{- $settings := index . 1 -}}
{{- $options := list -}}
{{- with $settings.protocol -}}{{- $options = append $options (get (dict "ForceTCP" "force_tcp" "PreferUDP" "prefer_udp") .) -}}{{- end -}}
{{- with $settings.policy -}}{{- $options = append $options (printf "policy %s" (snakecase .)) -}}{{- end -}}
{{- with $settings.maxConcurrent -}}{{- $options = append $options (printf "max_concurrent %d" (int64 .)) -}}{{- end -}}
{{- if and (eq (include "ndw.hasEndpoints" $top) "true") (eq (toString $settings.upstreams) "ClusterDNS") -}}
{{- $options = append $options (printf "endpoints %s" (include "ndw.endpoints" $top)) -}}
{{- end -}}
{{- join "\n" $options -}}
{{- end -}}
