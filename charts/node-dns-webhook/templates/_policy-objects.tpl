{{/*
The policy, its bindings and its settings. Use: include "ndw.policyObjects" (dict "top" $ "name" … and, of hooks, "own" {…}: annotations)
*/}}
{{- define "ndw.policyObjects" -}}
{{- $top := .top -}}
{{- $name := .name -}}
{{- $own := .own | default dict -}}
{{- $named := $top.Values.dns.clusterDNSService.name -}}
{{- if not $named }}
---
apiVersion: v1
kind: ConfigMap
{{ include "ndw.metadata" (dict "top" $top "component" "policy" "name" $name "own" (deepCopy $own)) }}
data: {{- include "ndw.policySettings" $top | nindent 2 }}
{{- end }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
{{ include "ndw.metadata" (dict "top" $top "component" "policy" "name" $name "namespace" "" "own" (deepCopy $own)) }}
spec:
  failurePolicy: Ignore
  reinvocationPolicy: {{ $top.Values.webhook.reinvocationPolicy }}
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    matchPolicy: Equivalent
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
        scope: Namespaced
  matchConditions:
    {{- include "ndw.matchConditions" $top | nindent 4 }}
    {{- include "ndw.policyConditions" $top | nindent 4 }}
    {{- with $top.Values.selection.extraMatchConditions }}{{ toYaml . | nindent 4 }}{{ end }}
  variables:
    {{- include "ndw.policyVariables" $top | nindent 4 }}
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: |-
          {{- include "ndw.policyPatch" $top | nindent 10 }}
{{- range include "ndw.entries" $top | fromYamlArray }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
{{ include "ndw.metadata" (dict "top" $top "component" "policy" "name" (printf "%s-%s" $name .name) "namespace" "" "own" (deepCopy $own)) }}
spec:
  policyName: {{ $name }}
  paramRef:
    name: {{ $named | empty | ternary $name (include "ndw.clusterDNSMap" $top) }}
    namespace: {{ $top.Release.Namespace }}
    parameterNotFoundAction: Allow
  matchResources:
    {{- include "ndw.selectors" (list $top .) | nindent 4 }}
{{- end }}
{{- end -}}
