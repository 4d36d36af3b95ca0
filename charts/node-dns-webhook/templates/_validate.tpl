{{/*
What the schema cannot say, because it takes two values to be wrong, or the release's name. Each message has the key, its
value and the way out.
*/}}
{{- define "ndw.validate" -}}
{{- include "ndw.validate.names" . -}}
{{- include "ndw.validate.dns" . -}}
{{- include "ndw.validate.engine" . -}}
{{- if .Values.webhook.enabled -}}
{{- include "ndw.validate.selection" . -}}
{{- end -}}
{{- if eq (include "ndw.engine" .) "webhook" -}}
{{- include "ndw.validate.tls" . -}}
{{- include "ndw.validate.webhook" . -}}
{{- end -}}
{{- if .Values.cache.enabled -}}
{{- include "ndw.validate.cache" . -}}
{{- include "ndw.validate.guard" . -}}
{{- end -}}
{{- include "ndw.validate.ports" . -}}
{{- include "ndw.validate.monitoring" . -}}
{{- end -}}

{{- define "ndw.validate.names" -}}
{{- if not (or .Values.webhook.enabled .Values.cache.enabled) -}}
{{- fail "webhook.enabled and cache.enabled are both false: nothing would be installed; leave one of them true" -}}
{{- end -}}
{{- $name := include "ndw.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "the release's name is %s, and the name of a Service begins with a letter: set fullnameOverride" .Release.Name) -}}
{{- end -}}
{{- range $component := list "webhook" "cache" -}}
{{- $ours := include "ndw.selector" (list $ $component) | fromYaml -}}
{{- range $place, $labels := dict "commonLabels" $.Values.commonLabels (printf "%s.podLabels" $component) (get $.Values $component).podLabels -}}
{{- range $key, $value := $ours -}}
{{- if and (hasKey $labels $key) (ne (toString (get $labels $key)) $value) -}}
{{- fail (printf "%s has %s: %v, a label that the chart selects its pods by (%s): leave it out" $place $key (get $labels $key) $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.resourceQuota.enabled (not (include "ndw.criticalClasses" . | fromYamlArray)) -}}
{{- fail (printf "resourceQuota.enabled is true, and neither webhook.priorityClassName (%s) nor cache.priorityClassName (%s) is one that needs it: set resourceQuota.enabled=false" .Values.webhook.priorityClassName .Values.cache.priorityClassName) -}}
{{- end -}}
{{- end -}}

{{/* Priority classes in use that API servers keep to namespaces with a quota, as a YAML list. */}}
{{- define "ndw.criticalClasses" -}}
{{- $used := list -}}
{{- range $installed, $class := dict "cache" .Values.cache.priorityClassName "webhook" .Values.webhook.priorityClassName -}}
{{- if and (has $installed (list (include "ndw.engine" $) (ternary "cache" "" $.Values.cache.enabled))) (hasPrefix "system-" $class) -}}{{- $used = append $used $class -}}{{- end -}}
{{- end -}}
{{- uniq $used | toYaml -}}
{{- end -}}

{{/* Names in a list of volumes and arguments that the chart has itself. */}}
{{- define "ndw.validate.volumes" -}}
{{- $component := index . 0 -}}{{- $ours := index . 2 -}}
{{- $seen := list -}}
{{- range index . 1 -}}
{{- if or (has .name $ours) (has .name $seen) -}}
{{- fail (printf "%s.extraVolumes has %s, the name of another volume of the pod: give it its own" $component .name) -}}
{{- end -}}
{{- $seen = append $seen .name -}}
{{- end -}}
{{- end -}}
{{- define "ndw.validate.arguments" -}}
{{- $component := index . 0 -}}{{- $values := index . 2 -}}
{{- range index . 1 -}}
{{- $flag := regexFind "^--[a-z0-9-]+" . | trimPrefix "--" -}}
{{- if hasKey $values $flag -}}
{{- fail (printf "%s.extraArgs has %s, which the chart sets: use %s" $component . (get $values $flag)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* true where neither a surge nor a gap is allowed. */}}
{{- define "ndw.standsStill" -}}
{{- and (eq .type "RollingUpdate") (has (toString .rollingUpdate.maxSurge) (list "0" "0%")) (has (toString .rollingUpdate.maxUnavailable) (list "0" "0%")) -}}
{{- end -}}
