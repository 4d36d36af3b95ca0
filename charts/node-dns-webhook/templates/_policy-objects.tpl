{{/*
The policy and its bindings. The settings are in its variables: what a ConfigMap of parameters says comes by an informer, which an
API server (1.36.3) stops with the last policy and never starts again, so that the next one finds no parameters and does nothing.
Only where cluster DNS is known at run time it is a parameter. Use: include "ndw.policyObjects" (dict "top" $ "name" … and, of hooks, "own" {…}: annotations)
*/}}
{{- define "ndw.policyObjects" -}}
{{- $top := .top -}}
{{- $name := .name -}}
{{- $own := .own | default dict -}}
{{- $named := $top.Values.dns.clusterDNSService.name -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
{{ include "ndw.metadata" (dict "top" $top "component" "policy" "name" $name "namespace" "" "own" (deepCopy $own)) }}
spec:
  failurePolicy: Ignore
  reinvocationPolicy: {{ $top.Values.webhook.reinvocationPolicy }}
  {{- if $named }}
  paramKind: {apiVersion: v1, kind: ConfigMap}
  {{- end }}
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
  {{- if $named }}
  paramRef:
    name: {{ include "ndw.clusterDNSMap" $top }}
    namespace: {{ $top.Release.Namespace | quote }}
    parameterNotFoundAction: Allow
  {{- end }}
  matchResources:
    {{- include "ndw.selectors" (list $top .) | nindent 4 }}
{{- end }}
{{- end -}}
