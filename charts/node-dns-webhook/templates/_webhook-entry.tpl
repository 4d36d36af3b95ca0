{{/* One entry of the MutatingWebhookConfiguration. Use: include "ndw.webhookEntry" (dict "top" $ "entry" entry), as ndw.entries has them */}}
{{- define "ndw.webhookEntry" -}}
{{- $top := .top -}}
{{- $values := $top.Values -}}
- name: {{ .entry.name }}.nodedns.io
  admissionReviewVersions: [v1]
  clientConfig:
    service:
      name: {{ include "ndw.webhook" $top }}
      namespace: {{ $top.Release.Namespace | quote }}
      path: /mutate
      port: 443
    {{- with include "ndw.caBundle" $top }}
    caBundle: {{ . | quote }}
    {{- end }}
  failurePolicy: {{ $values.webhook.failurePolicy }}
  matchPolicy: Equivalent
  reinvocationPolicy: {{ $values.webhook.reinvocationPolicy }}
  sideEffects: None
  timeoutSeconds: {{ $values.webhook.timeoutSeconds }}
  rules:
    - apiGroups: [""]
      apiVersions: [v1]
      operations: [CREATE]
      resources: [pods]
      scope: Namespaced
  {{- include "ndw.selectors" (list $top .entry) | nindent 2 }}
  {{- $supported := semverCompare ">=1.28.0-0" $top.Capabilities.KubeVersion.Version }}
  {{- $wanted := toString $values.selection.matchConditions }}
  {{- $builtIn := or (eq $wanted "true") (and (eq $wanted "auto") $supported) }}
  {{- if or $builtIn $values.selection.extraMatchConditions }}
  matchConditions:
    {{- if $builtIn }}
    {{- include "ndw.matchConditions" $top | nindent 4 }}
    {{- end }}
    {{- with $values.selection.extraMatchConditions }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
{{- end -}}
