{{/*
The cache's Corefile, in the shape of node-cache's own: cluster domain and reverse zones over TCP to cluster DNS, all
else to the node's servers. __PILLAR__UPSTREAM__SERVERS__ is upstreamNameservers of the kube-dns ConfigMap, or
/etc/resolv.conf.
*/}}
{{- define "ndw.corefile" -}}
{{- .Values.cache.corefile | default (include "ndw.madeCorefile" .) -}}
{{- end -}}

{{- define "ndw.madeCorefile" -}}
{{- $cache := .Values.cache -}}
{{- $bind := concat .Values.dns.localAddresses .Values.guard.interceptClusterDNS | join " " -}}
{{- $clusterDNS := .Values.dns.clusterDNSService.name | empty | ternary (include "ndw.clusterDNSWords" .) "__PILLAR__CLUSTER__DNS__" -}}
{{- range $index, $zone := list (include "ndw.clusterDomain" .) "in-addr.arpa" "ip6.arpa" -}}
{{ $zone }}:53 {
    errors
    cache {
        success 9984 {{ $cache.successTtlSeconds }}
        denial 9984 {{ $cache.denialTtlSeconds }}
        {{- with $cache.serveStale }}
        serve_stale {{ . }} verify
        {{- end }}
    }
    reload
    loop
    bind {{ $bind }}
    forward . {{ $clusterDNS }} {
        force_tcp
    }
    prometheus {{ include "ndw.listen" (list $cache.metricsAddress $cache.metricsPort) }}
    {{- if eq $index 0 }}
    health 127.0.0.1:{{ $cache.healthPort }}
    {{- end }}
    {{- if $cache.logQueries }}
    log
    {{- end }}
}
{{ end -}}
{{- range $zone, $servers := $cache.stubDomains -}}
{{ $zone }}:53 {
    errors
    cache {{ $cache.outsideTtlSeconds }}
    reload
    loop
    bind {{ $bind }}
    forward . {{ join " " $servers }}
    prometheus {{ include "ndw.listen" (list $cache.metricsAddress $cache.metricsPort) }}
}
{{ end -}}
.:53 {
    errors
    cache {{ $cache.outsideTtlSeconds }}{{ with $cache.serveStale }} {
        serve_stale {{ . }} verify
    }{{ end }}
    reload
    loop
    bind {{ $bind }}
    forward . {{ $cache.upstreamServers | join " " | default "__PILLAR__UPSTREAM__SERVERS__" }}
    prometheus {{ include "ndw.listen" (list $cache.metricsAddress $cache.metricsPort) }}
    {{- if $cache.logQueries }}
    log
    {{- end }}
}
{{- with $cache.extraServerBlocks }}
{{ . }}
{{- end }}
{{- end -}}
