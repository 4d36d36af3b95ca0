{{- define "ndw.validate.cache" -}}
{{- $cache := .Values.cache -}}
{{- if not $cache.corefile -}}
{{- include "ndw.validate.zones" . -}}
{{- else -}}
{{- with .Values.zones -}}
{{- fail (printf "cache.corefile is given, and with it zones (%s) has no effect: write it into the Corefile, or leave cache.corefile empty" (keys . | sortAlpha | join ", ")) -}}
{{- end -}}
{{- $defaults := (include "ndw.defaults" . | fromYaml).cache -}}
{{- range list "successTtlSeconds" "denialTtlSeconds" "outsideTtlSeconds" "serveStale" "preferPositive" "searchCut" "upstreamServers" "stubDomains" "logQueries" "extraServerBlocks" "metricsAddress" -}}
{{- if ne (get $cache . | toJson) (get $defaults . | toJson) -}}
{{- fail (printf "cache.corefile is given, and with it cache.%s (%s) has no effect: write it into the Corefile, or leave cache.corefile empty" . (get $cache . | toJson)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $memory := include "ndw.bytes" $cache.memory | int64 -}}
{{- if or (lt $memory (int64 524288)) (gt $memory (int64 1073741824)) -}}
{{- fail (printf "cache.memory is %s: expected 512Ki to 1Gi" $cache.memory) -}}
{{- end -}}
{{- with dig "limits" "memory" "" $cache.resources -}}
{{- if lt (include "ndw.bytes" . | int64) (add $memory 67108864) -}}
{{- fail (printf "cache.memory is %s and cache.resources.limits.memory is %v: the cache would be killed when it fills; keep the limit 64Mi above cache.memory" $cache.memory .) -}}
{{- end -}}
{{- end -}}
{{- $strategy := $cache.updateStrategy -}}
{{- if eq $strategy.type "RollingUpdate" -}}
{{- $none := list "0" "0%" "<nil>" "" -}}
{{- $surge := toString $strategy.rollingUpdate.maxSurge -}}
{{- $gap := toString $strategy.rollingUpdate.maxUnavailable -}}
{{- if eq (has $surge $none) (has $gap $none) -}}
{{- fail (printf "cache.updateStrategy.rollingUpdate has maxSurge %s and maxUnavailable %s: the API server takes a DaemonSet with one of them at 0 and the other not" $surge $gap) -}}
{{- end -}}
{{- end -}}
{{- include "ndw.validate.volumes" (list "cache" $cache.extraVolumes (list "corefile" "kube-dns" "pod" "node" "xtables-lock" "icmp-ratemask" "icmp6-ratemask") (dict
    "cache.extraVolumeMounts" (list $cache.extraVolumeMounts (list "/run/node-dns/pod" "/etc/coredns" "/etc/kube-dns"))
    "guard.extraVolumeMounts" (list .Values.guard.extraVolumeMounts (list "/run/node-dns/pod" "/run/node-dns/node" "/run/xtables.lock" "/host/proc/sys/net/ipv4/icmp_ratemask" "/host/proc/sys/net/ipv6/icmp/ratemask")))) -}}
{{- include "ndw.validate.arguments" (list "cache" $cache.extraArgs (dict
    "conf" "cache.corefile" "kube-dns-config" "cache.kubeDnsConfigMap" "memory" "cache.memory" "handover" "nothing: it is the guard's"
    "tap" "nothing: trace reads it" "client-metrics" "cache.clientMetrics"
    "local-address" "dns.localAddresses" "cluster-dns" "dns.clusterDNS" "cluster-domain" "dns.clusterDomain")) -}}
{{- end -}}

{{/* A quantity in bytes: 64Mi is 67108864. */}}
{{- define "ndw.bytes" -}}{{ include "ndw.quantity" . | float64 | int64 }}{{- end -}}
{{- define "ndw.quantity" -}}
{{- $text := include "ndw.scalar" . -}}
{{- $number := regexFind "^[0-9.]+([eE][-+]?[0-9]+)?" $text -}}
{{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- mulf (float64 $number) (get $factors (trimPrefix $number $text) | default 1.0) -}}
{{- end -}}
