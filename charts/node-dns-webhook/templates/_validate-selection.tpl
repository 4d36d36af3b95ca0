{{- define "ndw.validate.selection" -}}
{{- $selection := .Values.selection -}}
{{- if semverCompare "<1.28.0-0" .Capabilities.KubeVersion.Version -}}
{{- if or $selection.extraMatchConditions (eq (toString $selection.matchConditions) "true") -}}
{{- fail (printf "selection.matchConditions or selection.extraMatchConditions is set and this is Kubernetes %s, which has no matchConditions before 1.28: leave matchConditions at auto and extraMatchConditions empty" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range concat (include "ndw.matchConditions" . | fromYamlArray) (include "ndw.policyConditions" . | fromYamlArray) -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- range $selection.extraMatchConditions -}}
{{- if has .name $names -}}
{{- fail (printf "selection.extraMatchConditions has %s, the name of another condition: give it its own" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end -}}
