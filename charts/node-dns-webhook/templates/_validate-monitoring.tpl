{{- define "ndw.validate.monitoring" -}}
{{- $monitoring := .Values.monitoring -}}
{{- if and $monitoring.serviceMonitor.enabled $monitoring.podMonitor.enabled -}}
{{- fail "monitoring.serviceMonitor.enabled and monitoring.podMonitor.enabled are both true: everything would be scraped twice; switch one off" -}}
{{- end -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- if $monitoring.prometheusRule.enabled -}}
{{- if and ($kinds.Has "v1/Pod") (not ($kinds.Has "monitoring.coreos.com/v1/PrometheusRule")) -}}
{{- fail "monitoring.prometheusRule.enabled is true and this cluster has no PrometheusRule (monitoring.coreos.com/v1): install the Prometheus operator, or set it to false" -}}
{{- end -}}
{{- $known := list -}}
{{- range (.Files.Get "monitoring/alerts.yaml" | fromYaml).groups -}}
{{- range .rules -}}{{- $known = append $known .alert -}}{{- end -}}
{{- end -}}
{{- range $monitoring.prometheusRule.disabled -}}
{{- if not (has . $known) -}}
{{- fail (printf "monitoring.prometheusRule.disabled has %s, and there is no such alert: %s" . (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $kind := dict "serviceMonitor" "ServiceMonitor" "podMonitor" "PodMonitor" -}}
{{- $monitor := get $monitoring $key -}}
{{- if $monitor.enabled -}}
{{- if and ($kinds.Has "v1/Pod") (not ($kinds.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
{{- fail (printf "monitoring.%s.enabled is true and this cluster has no %s (monitoring.coreos.com/v1): install the Prometheus operator, or set it to false" $key $kind) -}}
{{- end -}}
{{- $timeout := include "ndw.milliseconds" $monitor.scrapeTimeout | int -}}
{{- $interval := include "ndw.milliseconds" $monitor.interval | int -}}
{{- if and $interval (gt $timeout $interval) -}}
{{- fail (printf "monitoring.%s.scrapeTimeout is %s, more than monitoring.%s.interval, %s: Prometheus takes no such configuration; lower scrapeTimeout" $key $monitor.scrapeTimeout $key $monitor.interval) -}}
{{- end -}}
{{- range $component := list "cache" "guard" -}}
{{- $address := (get $.Values $component).metricsAddress -}}
{{- if and $.Values.cache.enabled (regexMatch "^(127\\.|::1$)" $address) -}}
{{- fail (printf "%s.metricsAddress is %s and monitoring.%s.enabled is true: Prometheus could not reach it; leave metricsAddress empty, or switch the monitor off" $component $address $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A duration of Prometheus's in milliseconds; 0 for an empty one. */}}
{{- define "ndw.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+[a-z]+" . -1 -}}
{{- $number := regexFind "^[0-9]+" . -}}
{{- $sum = add $sum (mul (atoi $number) (get $units (trimPrefix $number .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
