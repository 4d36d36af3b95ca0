{{/*
Which pods are looked at, as a YAML list of {name, namespace: [expressions], pod: [expressions]}: entries of the webhook
configuration, or bindings of the policy. Selectors in an entry are ANDed, so each way to be in is an entry, and no pod is in
two. Namespaces that are in bring all their pods, also those that say no: another webhook may say so late, and what was
changed is then taken back. The match conditions leave out those that say no from the start.
*/}}
{{- define "ndw.entries" -}}
{{- $label := "nodedns.io/inject" -}}
{{- $compat := "node-local-dns-injection" -}}
{{- $said := list "enabled" "disabled" -}}
{{- $on := dict "key" $label "operator" "In" "values" (list "enabled") -}}
{{- $off := dict "key" $label "operator" "In" "values" (list "disabled") -}}
{{- $saying := dict "key" $label "operator" "In" "values" $said -}}
{{- $silent := dict "key" $label "operator" "NotIn" "values" $said -}}
{{- $compatOn := dict "key" $compat "operator" "In" "values" (list "enabled") -}}
{{- $compatOff := dict "key" $compat "operator" "In" "values" (list "disabled") -}}
{{- $compatSaying := dict "key" $compat "operator" "In" "values" $said -}}
{{- $compatNotOn := dict "key" $compat "operator" "NotIn" "values" (list "enabled") -}}
{{- $compatNotOff := dict "key" $compat "operator" "NotIn" "values" (list "disabled") -}}
{{- $optIn := eq .Values.selection.mode "optIn" -}}
{{- $in := dict -}}
{{- $out := dict -}}
{{- if .Values.selection.compatLabel -}}
{{- $in = dict "namespace" (list $on) "compat" (list $silent ($optIn | ternary $compatOn $compatNotOff)) -}}
{{- $out = dict "pod" (list $off) "pod-alone" (list $silent ($optIn | ternary $compatNotOn $compatOff)) -}}
{{- else if $optIn -}}
{{- $in = dict "namespace" (list $on) -}}
{{- $out = dict "pod" (list (dict "key" $label "operator" "NotIn" "values" (list "enabled"))) -}}
{{- else -}}
{{- $in = dict "namespace" (list (dict "key" $label "operator" "NotIn" "values" (list "disabled"))) -}}
{{- $out = dict "pod" (list $off) -}}
{{- end -}}
{{- $entries := list -}}
{{- range $name, $namespace := $in -}}
{{- $entries = append $entries (dict "name" $name "namespace" $namespace "pod" list) -}}
{{- end -}}
{{- range $name, $namespace := $out -}}
{{- $entries = append $entries (dict "name" $name "namespace" $namespace "pod" (list $saying)) -}}
{{- if $.Values.selection.compatLabel -}}
{{- $entries = append $entries (dict "name" (printf "compat-%s" $name) "namespace" $namespace "pod" (list $silent $compatSaying)) -}}
{{- end -}}
{{- end -}}
{{- $entries | toYaml -}}
{{- end -}}

{{/* The selectors of an entry. Use: include "ndw.selectors" (list $ entry) */}}
{{- define "ndw.selectors" -}}
{{- $top := index . 0 -}}{{- $entry := index . 1 -}}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: {{ include "ndw.excludedNamespaces" $top | fromYamlArray | toJson }}
    {{- toYaml $entry.namespace | nindent 4 }}
{{- with $entry.pod }}
objectSelector:
  matchExpressions:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end -}}

{{/*
Conditions that keep pods away which can never be changed. A pod that was changed passes all of them: what came true after
the change takes it back.
*/}}
{{- define "ndw.matchConditions" -}}
{{- $changed := "has(object.metadata.annotations) && 'nodedns.io/status' in object.metadata.annotations" -}}
{{- $ours := "(has(object.metadata.labels) && 'nodedns.io/inject' in object.metadata.labels ? object.metadata.labels['nodedns.io/inject'] : '')" -}}
{{- $compat := "(has(object.metadata.labels) && 'node-local-dns-injection' in object.metadata.labels ? object.metadata.labels['node-local-dns-injection'] : '')" -}}
- name: not-a-mirror-pod
  expression: {{ printf "(%s) || !has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)" $changed | quote }}
- name: not-windows
  expression: {{ printf "(%s) || !has(object.spec.os) || object.spec.os.name != 'windows'" $changed | quote }}
- name: not-opted-out
  {{- $notOut := printf "%s != 'disabled'" $ours -}}
  {{- if .Values.selection.compatLabel -}}
  {{- $notOut = printf "%s && (%s == 'enabled' || %s != 'disabled')" $notOut $ours $compat -}}
  {{- end }}
  expression: {{ printf "(%s) || (%s)" $changed $notOut | quote }}
{{- end -}}
