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
{{- include "ndw.validate.pods" . -}}
{{- include "ndw.validate.monitoring" . -}}
{{- end -}}

{{/* What pods of several components have in common. */}}
{{- define "ndw.validate.pods" -}}
{{- range $name, $resources := dict "webhook" .Values.webhook.resources "cache" .Values.cache.resources "guard" .Values.guard.resources "hooks" .Values.hooks.resources "test" .Values.test.resources -}}
{{- include "ndw.validate.resources" (list (printf "%s.resources" $name) $resources) -}}
{{- end -}}
{{- range $component := list "webhook" "cache" -}}
{{- include "ndw.validate.tolerations" (list (printf "%s.tolerations" $component) (get $.Values $component).tolerations) -}}
{{- end -}}
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

{{/*
Volumes and where containers mount them. Use: include "ndw.validate.volumes" (list "cache" volumes ours mounts), where ours are the
chart's own volumes and mounts has by key the mounts and the paths that the chart has in that container:
{cache.extraVolumeMounts: [mounts, [paths]]}
*/}}
{{- define "ndw.validate.volumes" -}}
{{- $component := index . 0 -}}
{{- $known := index . 2 -}}
{{- range index . 1 -}}
{{- if has .name $known -}}
{{- fail (printf "%s.extraVolumes has %s, the name of another volume of the pod: give it its own" $component .name) -}}
{{- end -}}
{{- if lt (len .) 2 -}}
{{- fail (printf "%s.extraVolumes has %s without a source: add one, such as emptyDir: {}" $component .name) -}}
{{- end -}}
{{- $known = append $known .name -}}
{{- end -}}
{{- range $key, $place := index . 3 -}}
{{- $paths := last $place -}}
{{- range first $place -}}
{{- if not (has .name $known) -}}
{{- fail (printf "%s has %s, which is no volume of the pod: add it to %s.extraVolumes" $key .name $component) -}}
{{- end -}}
{{- if has (trimSuffix "/" .mountPath) $paths -}}
{{- fail (printf "%s has %s, where another volume is mounted: choose another mountPath" $key .mountPath) -}}
{{- end -}}
{{- $paths = append $paths (trimSuffix "/" .mountPath) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Tolerations that the API server takes. Use: include "ndw.validate.tolerations" (list "cache.tolerations" list) */}}
{{- define "ndw.validate.tolerations" -}}
{{- $name := index . 0 -}}
{{- range $index, $one := index . 1 -}}
{{- $operator := $one.operator | default "Equal" -}}
{{- $value := kindIs "invalid" $one.value | ternary "" (toString $one.value) -}}
{{- if and (not $one.key) (ne $operator "Exists") -}}
{{- fail (printf "%s[%d] has no key and the operator %s: name a key, or set operator: Exists to tolerate every taint" $name $index $operator) -}}
{{- end -}}
{{- if and (eq $operator "Exists") $value -}}
{{- fail (printf "%s[%d] has operator Exists and the value %s: leave value out, or set operator: Equal" $name $index $value) -}}
{{- end -}}
{{- if and (not (kindIs "invalid" $one.tolerationSeconds)) (ne ($one.effect | default "") "NoExecute") -}}
{{- fail (printf "%s[%d] has tolerationSeconds %v, which is for effect NoExecute: set that effect, or leave tolerationSeconds out" $name $index $one.tolerationSeconds) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Requests that are not above their limits. Use: include "ndw.validate.resources" (list "cache.resources" resources) */}}
{{- define "ndw.validate.resources" -}}
{{- $name := index . 0 -}}
{{- $limits := (index . 1).limits | default dict -}}
{{- range $resource, $request := (index . 1).requests | default dict -}}
{{- $limit := get $limits $resource -}}
{{- if not (or (kindIs "invalid" $request) (kindIs "invalid" (get $limits $resource))) -}}
{{- if and (hasKey $limits $resource) (gt (include "ndw.quantity" $request | float64) (include "ndw.quantity" $limit | float64)) -}}
{{- fail (printf "%s.requests.%s is %s, more than %s.limits.%s, %s: raise the limit, or lower the request" $name $resource (include "ndw.scalar" $request) $name $resource (include "ndw.scalar" $limit)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* One of extraObjects, filled in and read as YAML. Use: include "ndw.validate.object" (list index object) */}}
{{- define "ndw.validate.object" -}}
{{- $index := index . 0 -}}{{- $object := index . 1 -}}
{{- with $object.Error -}}
{{- fail (printf "extraObjects[%d] is no YAML map: %s; give an object with apiVersion, kind and metadata.name" $index .) -}}
{{- end -}}
{{- $metadata := $object.metadata | default dict -}}
{{- $named := and (kindIs "map" $metadata) (or (dig "name" "" $metadata) (dig "generateName" "" $metadata)) -}}
{{- if not (and $object.apiVersion $object.kind (or $named (hasSuffix "List" (toString $object.kind)))) -}}
{{- fail (printf "extraObjects[%d] is %s, which lacks apiVersion, kind or metadata.name: give it all three" $index (toJson $object | trunc 100)) -}}
{{- end -}}
{{- end -}}

{{/* Arguments that the chart has itself. */}}
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
