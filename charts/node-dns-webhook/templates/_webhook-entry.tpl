{{/*
One entry of the MutatingWebhookConfiguration. Selectors in an entry are ANDed, so each way to opt in is an entry, and
no pod matches two. Use: include "ndw.webhookEntry" (dict "top" $ "name" … "namespace" [expressions] "pod" [expressions])
*/}}
{{- define "ndw.webhookEntry" -}}
{{- $top := .top -}}
{{- $values := $top.Values -}}
- name: {{ .name }}.nodedns.io
  admissionReviewVersions: [v1]
  clientConfig:
    service:
      name: {{ include "ndw.webhook" $top }}
      namespace: {{ $top.Release.Namespace }}
      path: /mutate
      port: 443
    {{- with include "ndw.caBundle" $top }}
    caBundle: {{ . }}
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
  namespaceSelector:
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: NotIn
        values: {{ include "ndw.excludedNamespaces" $top | fromYamlArray | toJson }}
      {{- toYaml .namespace | nindent 6 }}
  objectSelector:
    matchExpressions:
      {{- toYaml .pod | nindent 6 }}
  {{- $supported := semverCompare ">=1.28.0-0" $top.Capabilities.KubeVersion.Version }}
  {{- $wanted := toString $values.selection.matchConditions }}
  {{- $builtIn := or (eq $wanted "true") (and (eq $wanted "auto") $supported) }}
  {{- if or $builtIn $values.selection.extraMatchConditions }}
  matchConditions:
    {{- if $builtIn }}
    - name: not-a-mirror-pod
      expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
    - name: not-windows
      expression: "!has(object.spec.os) || object.spec.os.name != 'windows'"
    {{- end }}
    {{- with $values.selection.extraMatchConditions }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
{{- end -}}
