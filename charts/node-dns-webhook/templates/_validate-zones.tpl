{{- define "ndw.validate.zones" -}}
{{- $cluster := include "ndw.clusterDomain" . -}}
{{- $listens := include "ndw.addresses" (concat .Values.dns.localAddresses .Values.guard.interceptClusterDNS) | fromJsonArray -}}
{{- $seen := dict -}}
{{- $stubs := dict -}}
{{- range $zone, $servers := .Values.cache.stubDomains -}}{{- $_ := set $stubs (include "ndw.zoneName" $zone) $servers -}}{{- end -}}
{{- range $key, $given := .Values.zones -}}
{{- $zone := include "ndw.zoneName" $key -}}
{{- if hasKey $seen $zone -}}
{{- fail (printf "zones has %s and %s, which are one zone: leave one of them" (get $seen $zone) $key) -}}
{{- end -}}
{{- $_ := set $seen $zone $key -}}
{{- if hasKey $stubs $zone -}}
{{- fail (printf "zones and cache.stubDomains both have %s: put its servers into zones, as upstreams, and leave it out of cache.stubDomains" $zone) -}}
{{- end -}}
{{- $settings := include "ndw.zone" (list $ $zone) | fromYaml -}}
{{- $own := include "ndw.zoneGiven" (list $ $zone) | fromYaml -}}
{{- $inCluster := or (eq $zone $cluster) (hasSuffix (printf ".%s" $cluster) $zone) -}}
{{- if and $inCluster (kindIs "string" $settings.upstreams) (eq (toString $settings.upstreams) "Node") -}}
{{- fail (printf "zones has %s with upstreams Node: the node's servers know no name of the cluster; set ClusterDNS, or name servers that do" $key) -}}
{{- end -}}
{{- if and (eq $zone ".") $own.upstreams $.Values.cache.upstreamServers -}}
{{- fail (printf "zones has . with upstreams %s, and cache.upstreamServers is %s: give one of the two" (toJson $own.upstreams) (toJson $.Values.cache.upstreamServers)) -}}
{{- end -}}
{{- if kindIs "slice" $settings.upstreams -}}
{{- range $settings.upstreams -}}
{{- if has (include "ndw.serverAddress" .) $listens -}}
{{- fail (printf "zones has %s with the upstream %s, where the cache itself listens: it would ask itself; name another server" $key .) -}}
{{- end -}}
{{- if and (hasPrefix "tls://" .) $own.protocol -}}
{{- fail (printf "zones has %s with protocol %s and the upstream %s, which is always TCP: leave protocol out" $key $own.protocol .) -}}
{{- end -}}
{{- if and (contains "%" .) (not (hasPrefix "tls://" .)) -}}
{{- fail (printf "zones has %s with the upstream %s: a name to check (%%…) is for tls:// only" $key .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $stale := $own.stale | default dict -}}
{{- $off := has (toString $settings.stale.mode) (list "Off" "false") -}}
{{- range list "duration" "timeout" -}}
{{- if and $off (hasKey $stale .) -}}
{{- fail (printf "zones has %s with stale.mode Off and stale.%s %s, which has no effect: leave it out, or choose Verify or Immediate" $key . (get $stale .)) -}}
{{- end -}}
{{- end -}}
{{- if and $off $stale.preferPositive -}}
{{- fail (printf "zones has %s with stale.mode Off and stale.preferPositive true: without stale answers there is none to prefer; choose Verify or Immediate" $key) -}}
{{- end -}}
{{- if and (hasKey $stale "timeout") (eq (toString $settings.stale.mode) "Immediate") -}}
{{- fail (printf "zones has %s with stale.mode Immediate and stale.timeout %s: nothing is waited for; leave it out, or choose Verify" $key $stale.timeout) -}}
{{- end -}}
{{- end -}}
{{- range .Values.cache.upstreamServers -}}
{{- if has (include "ndw.serverAddress" .) $listens -}}
{{- fail (printf "cache.upstreamServers has %s, where the cache itself listens: it would ask itself; name another server" .) -}}
{{- end -}}
{{- end -}}
{{- range $zone, $servers := .Values.cache.stubDomains -}}
{{- range $servers -}}
{{- if has (include "ndw.serverAddress" .) $listens -}}
{{- fail (printf "cache.stubDomains has %s with %s, where the cache itself listens: it would ask itself; name another server" $zone .) -}}
{{- end -}}
{{- end -}}
{{- if has (include "ndw.zoneName" $zone) (append (include "ndw.clusterZones" $ | fromYamlArray) ".") -}}
{{- fail (printf "cache.stubDomains has %s, a zone that the cache always serves: set zones instead, with upstreams %s" $zone (toJson $servers)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
