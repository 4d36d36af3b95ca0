{{/*
What a ServiceMonitor and a PodMonitor of the Prometheus operator have in common. The endpoints are the caller's.
Use: include "ndw.monitor" (list $ "webhook" "serviceMonitor")
*/}}
{{- define "ndw.monitor" -}}
{{- $top := index . 0 -}}{{- $component := index . 1 -}}
{{- $monitor := get $top.Values.monitoring (index . 2) -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ index . 2 | replace "Monitor" "" | title }}Monitor
{{ include "ndw.metadata" (dict "top" $top "component" $component "name" (include (printf "ndw.%s" $component) $top)
    "namespace" ($monitor.namespace | default $top.Release.Namespace) "labels" $monitor.labels "annotations" $monitor.annotations) }}
spec:
  jobLabel: app.kubernetes.io/name
  selector:
    matchLabels: {{- include "ndw.selector" (list $top $component) | nindent 6 }}
  namespaceSelector:
    matchNames: [{{ $top.Release.Namespace | quote }}]
{{- end -}}

{{/* Of one endpoint, what the values say. Use: include "ndw.endpoint" (list $monitor own-relabelings) */}}
{{- define "ndw.endpoint" -}}
{{- $monitor := index . 0 -}}
path: /metrics
{{- with $monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with $monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if $monitor.honorLabels }}
honorLabels: true
{{- end }}
{{- with concat (index . 1) $monitor.relabelings }}
relabelings: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $monitor.metricRelabelings }}
metricRelabelings: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
