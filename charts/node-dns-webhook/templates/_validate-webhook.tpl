{{- define "ndw.validate.webhook" -}}
{{- $webhook := .Values.webhook -}}
{{- if and (eq (int $webhook.replicas) 0) (eq $webhook.failurePolicy "Fail") -}}
{{- fail "webhook.replicas is 0 and webhook.failurePolicy is Fail: no pod of a selected namespace could be created; set failurePolicy=Ignore, or more replicas" -}}
{{- end -}}
{{- $policy := $webhook.dnsPolicy | default ($webhook.hostNetwork | ternary "ClusterFirstWithHostNet" "ClusterFirst") -}}
{{- if or (eq $policy "Default") (and $webhook.hostNetwork (eq $policy "ClusterFirst")) -}}
{{- if not (and .Values.dns.clusterDNS .Values.dns.clusterDomain .Values.dns.hostSearches) -}}
{{- fail (printf "webhook.dnsPolicy is %s%s, and with it the webhook's resolv.conf does not tell the cluster's DNS: leave webhook.dnsPolicy empty, or set dns.clusterDNS, dns.clusterDomain and dns.hostSearches ([none] for no such domains)" $policy ($webhook.hostNetwork | ternary " with webhook.hostNetwork" "")) -}}
{{- end -}}
{{- end -}}
{{- if and $webhook.hostNetwork $webhook.networkPolicy.enabled -}}
{{- fail "webhook.hostNetwork and webhook.networkPolicy.enabled are both true: a NetworkPolicy has no effect on the nodes' network; switch one off" -}}
{{- end -}}
{{- if eq (include "ndw.standsStill" $webhook.updateStrategy) "true" -}}
{{- fail "webhook.updateStrategy.rollingUpdate has maxSurge 0 and maxUnavailable 0: no pod could be replaced; raise one of them" -}}
{{- end -}}
{{- with $webhook.terminationGracePeriodSeconds -}}
{{- if le (int .) (int $webhook.shutdownDelaySeconds) -}}
{{- fail (printf "webhook.terminationGracePeriodSeconds is %v, not more than webhook.shutdownDelaySeconds, %v: pods would be killed while they still answer; raise it, or 0 for the default" . $webhook.shutdownDelaySeconds) -}}
{{- end -}}
{{- end -}}
{{- include "ndw.validate.volumes" (list "webhook" $webhook.extraVolumes (list "tls") (dict
    "webhook.extraVolumeMounts" (list $webhook.extraVolumeMounts (list "/etc/node-dns/tls")))) -}}
{{- include "ndw.validate.arguments" (list "webhook" $webhook.extraArgs (dict
    "listen" "webhook.port" "metrics-listen" "webhook.metricsPort" "tls-cert" "tls.mode" "tls-key" "tls.mode"
    "local-address" "dns.localAddresses" "cluster-dns" "dns.clusterDNS" "cluster-domain" "dns.clusterDomain"
    "host-searches" "dns.hostSearches" "fallback" "dns.fallback" "options" "dns.options"
    "allowed-options" "dns.allowedAnnotationOptions" "mode" "selection.mode"
    "excluded-namespaces" "selection.excludedNamespaces" "compat-label" "selection.compatLabel"
    "percent" "selection.percent" "percent-seed-label" "selection.percentSeedLabel"
    "inject-host-network" "selection.injectHostNetwork" "ignore-skip-rules" "selection.ignoreSkipRules"
    "namespace-settings" "selection.namespaceSettings" "probe" "webhook.probe"
    "shutdown-delay-seconds" "webhook.shutdownDelaySeconds" "log-level" "webhook.logLevel")) -}}
{{- end -}}
