{{- define "ndw.validate.guard" -}}
{{- $guard := .Values.guard -}}
{{- $cluster := include "ndw.addresses" .Values.dns.clusterDNS | fromJsonArray -}}
{{- $local := include "ndw.addresses" .Values.dns.localAddresses | fromJsonArray -}}
{{- range $guard.interceptClusterDNS -}}
{{- if has (include "ndw.address" .) $cluster -}}
{{- fail (printf "guard.interceptClusterDNS has %s, which is also in dns.clusterDNS: the cache would ask itself; give another way to cluster DNS" .) -}}
{{- end -}}
{{- if has (include "ndw.address" .) $local -}}
{{- fail (printf "guard.interceptClusterDNS has %s, which is also in dns.localAddresses: name ClusterIPs of cluster DNS here" .) -}}
{{- end -}}
{{- if not (or $.Values.dns.clusterDNS $.Values.dns.clusterDNSService.name) -}}
{{- fail (printf "guard.interceptClusterDNS is %s and dns.clusterDNS is empty: give another way to cluster DNS, such as a second Service" (join ", " $guard.interceptClusterDNS)) -}}
{{- end -}}
{{- end -}}
{{- with $guard.flipTo -}}
{{- if not (has $guard.exitMode (list "auto" "flip")) -}}
{{- fail (printf "guard.flipTo is %s and guard.exitMode is %s, which does not use it: set guard.exitMode=flip, or leave guard.flipTo empty" (join ", " .) $guard.exitMode) -}}
{{- end -}}
{{- range . -}}
{{- if has (include "ndw.serverAddress" .) $cluster -}}
{{- fail (printf "guard.flipTo has %s, which is also in dns.clusterDNS: a ClusterIP does not work here; name pods of cluster DNS, or leave guard.flipTo empty" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $security := $guard.securityContext -}}
{{- $rights := dig "capabilities" "add" list $security -}}
{{- if not (or $security.privileged (has "NET_ADMIN" $rights) (has "ALL" $rights)) -}}
{{- fail (printf "guard.securityContext.capabilities.add is %s: the guard makes the address and the rules with NET_ADMIN; add it" (toJson $rights)) -}}
{{- end -}}
{{- if or $security.runAsNonRoot (ne (toString ($security.runAsUser | default 0 | int)) "0") -}}
{{- fail (printf "guard.securityContext has runAsUser %v: a capability is lost to other users than 0; leave runAsUser at 0 and runAsNonRoot out" $security.runAsUser) -}}
{{- end -}}
{{- include "ndw.validate.arguments" (list "guard" $guard.extraArgs (dict
    "address" "dns.localAddresses" "cluster-dns" "dns.clusterDNS" "handover" "nothing: the two containers share it" "takeover" "guard.takeoverPath" "tap" "nothing: trace reads it"
    "intercept-cluster-dns" "guard.interceptClusterDNS" "interface" "guard.interface" "rules" "guard.rules" "kernel-answers" "guard.kernelAnswers"
    "exit-mode" "guard.exitMode" "flip-to" "guard.flipTo" "keep-for" "guard.keepFor" "health-listen" "guard.healthPort"
    "metrics-listen" "guard.metricsPort and guard.metricsAddress" "probe-name" "dns.clusterDomain" "serve-uid" "cache.securityContext.runAsUser")) -}}
{{- end -}}

{{/* Every port that is one of the node has its own. */}}
{{- define "ndw.validate.ports" -}}
{{- $webhook := .Values.webhook -}}
{{- if eq (toString $webhook.port) (toString $webhook.metricsPort) -}}
{{- fail (printf "webhook.port and webhook.metricsPort are both %v: give each its own" $webhook.port) -}}
{{- end -}}
{{- $ports := list -}}
{{- if .Values.cache.enabled -}}
{{- $ports = list (list "DNS" 53) (list "cache.metricsPort" .Values.cache.metricsPort) (list "cache.healthPort" .Values.cache.healthPort) (list "guard.metricsPort" .Values.guard.metricsPort) (list "guard.healthPort" .Values.guard.healthPort) -}}
{{- end -}}
{{- if and (eq (include "ndw.engine" .) "webhook") $webhook.hostNetwork -}}
{{- $ports = concat $ports (list (list "webhook.port" $webhook.port) (list "webhook.metricsPort" $webhook.metricsPort)) -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $ports -}}
{{- $port := toString (index . 1) -}}
{{- if hasKey $seen $port -}}
{{- fail (printf "%s and %s are both %s: all of them are ports of the node, give each its own" (get $seen $port) (index . 0) $port) -}}
{{- end -}}
{{- $_ := set $seen $port (index . 0) -}}
{{- end -}}
{{- end -}}
