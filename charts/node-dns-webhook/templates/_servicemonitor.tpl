{{/*
A ServiceMonitor of the Prometheus operator for one component's Service.
Use: include "ndw.serviceMonitor" (list $ "webhook" (list "metrics"))
*/}}
{{- define "ndw.serviceMonitor" -}}
{{- $top := index . 0 -}}{{- $component := index . 1 -}}
{{- $monitor := $top.Values.monitoring.serviceMonitor -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include (printf "ndw.%s" $component) $top }}
  namespace: {{ $top.Release.Namespace }}
  labels:
    {{- include "ndw.labels" (list $top $component) | nindent 4 }}
    {{- with $monitor.labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  jobLabel: app.kubernetes.io/name
  selector:
    matchLabels: {{- include "ndw.selector" (list $top $component) | nindent 6 }}
  namespaceSelector:
    matchNames: [{{ $top.Release.Namespace | quote }}]
  endpoints:
    {{- range index . 2 }}
    - port: {{ . }}
      path: /metrics
      {{- with $monitor.interval }}
      interval: {{ . }}
      {{- end }}
    {{- end }}
{{- end -}}
