{{/*
Labels and annotations. Where the chart and the user name the same one, the user's counts; null takes it out.
Labels of pods hold nothing that changes with the chart's version, or an upgrade of the chart would replace every pod.
*/}}
{{- define "ndw.selector" -}}
{{- $top := index . 0 -}}
app.kubernetes.io/name: node-dns-{{ index . 1 }}
app.kubernetes.io/instance: {{ $top.Release.Name | quote }}
{{- end -}}

{{/* A map with texts as values. Use: include "ndw.texts" map */}}
{{- define "ndw.texts" -}}
{{- $texts := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $texts $key (include "ndw.scalar" $value) -}}{{- end -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}
{{- define "ndw.scalar" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/*
metadata of an object. Use: include "ndw.metadata" (dict "top" $ "component" "webhook" "name" … and, where wanted,
"namespace" … (an empty one for objects of the cluster), "labels" {…}, "annotations" {…}: the user's, "own" {…}: annotations of the chart's)
*/}}
{{- define "ndw.metadata" -}}
{{- $top := .top -}}
{{- $labels := mergeOverwrite (include "ndw.selector" (list $top .component) | fromYaml) (dict
    "app.kubernetes.io/component" .component
    "app.kubernetes.io/part-of" "node-dns"
    "app.kubernetes.io/version" ($top.Chart.AppVersion | replace "+" "_" | trunc 63 | trimAll "-_.")
    "app.kubernetes.io/managed-by" $top.Release.Service
    "helm.sh/chart" (printf "%s-%s" $top.Chart.Name $top.Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_."))
    $top.Values.commonLabels (.labels | default dict) -}}
{{- $annotations := mergeOverwrite (.own | default dict) $top.Values.commonAnnotations (.annotations | default dict) -}}
{{- $namespace := hasKey . "namespace" | ternary .namespace $top.Release.Namespace -}}
metadata:
  name: {{ .name | quote }}
  {{- with $namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels: {{- include "ndw.texts" $labels | nindent 4 }}
  {{- with include "ndw.texts" $annotations | fromYaml }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* metadata of a component's pod template. Use: include "ndw.podMetadata" (dict "top" $ "component" "cache" "annotations" {…}) */}}
{{- define "ndw.podMetadata" -}}
{{- $top := .top -}}
{{- $values := get $top.Values .component -}}
{{- $labels := mergeOverwrite (include "ndw.selector" (list $top .component) | fromYaml) (dict
    "app.kubernetes.io/component" .component
    "app.kubernetes.io/part-of" "node-dns"
    "nodedns.io/inject" "disabled")
    $top.Values.commonLabels $values.podLabels -}}
{{- $annotations := dict -}}
{{- if not (or $top.Values.monitoring.serviceMonitor.enabled $top.Values.monitoring.podMonitor.enabled) -}}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString $values.metricsPort) -}}
{{- end -}}
{{- $annotations = mergeOverwrite $annotations .annotations $top.Values.commonAnnotations $values.podAnnotations -}}
metadata:
  labels: {{- include "ndw.texts" $labels | nindent 4 }}
  {{- with include "ndw.texts" $annotations | fromYaml }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
