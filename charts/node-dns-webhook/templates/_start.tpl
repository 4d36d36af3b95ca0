{{/*
Every template begins with it. Once in a run it puts the default in the place of each value that is null or missing, then
refuses values that cannot work. (Helm takes a key out that is set to null, default and all.)
*/}}
{{- define "ndw.start" -}}
{{- if not (hasKey .Values "_started") -}}
{{- $values := .Values -}}
{{- $_ := set $values "_started" true -}}
{{- $defaults := include "ndw.defaults" . | fromYaml -}}
{{- range include "ndw.paths" . | splitList "\n" -}}
{{- $keys := splitList "." . -}}
{{- $place := $values -}}
{{- $default := $defaults -}}
{{- range initial $keys -}}
{{- if not (kindIs "map" (get $place .)) -}}{{- $_ := set $place . dict -}}{{- end -}}
{{- $place = get $place . -}}
{{- $default = get $default . -}}
{{- end -}}
{{- $key := last $keys -}}
{{- if or (not (hasKey $place $key)) (kindIs "invalid" (get $place $key)) -}}
{{- $_ := set $place $key (get $default $key) -}}
{{- end -}}
{{- /* A number of a file is a float, which is written as 1e+06 from a million on. */ -}}
{{- if kindIs "float64" (get $place $key) -}}{{- $_ := set $place $key (get $place $key | int64) -}}{{- end -}}
{{- end -}}
{{- $_ := set $values "global" ($values.global | default dict) -}}
{{- include "ndw.validate" . -}}
{{- end -}}
{{- end -}}
