{{/*
The account of a hook, which may do what the hook does and no more, and is there as long as it runs.
Use: include "ndw.hookAccount" (dict "top" $ "component" "clean-up" "name" … "event" {annotations} "rules" {namespace: [rules]} "clusterRules" [rules])
*/}}
{{- define "ndw.hookAccount" -}}
{{- $hook := . -}}
{{- $top := .top -}}
{{- $before := merge (dict "helm.sh/hook-weight" "-5") .event -}}
{{- $subject := printf "subjects: [{kind: ServiceAccount, name: %s, namespace: %q}]" .name $top.Release.Namespace -}}
apiVersion: v1
kind: ServiceAccount
{{ include "ndw.metadata" (dict "top" $top "component" .component "name" .name "own" (deepCopy $before)) }}
automountServiceAccountToken: false
{{- range $namespace, $rules := .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "ndw.metadata" (dict "top" $top "component" $hook.component "name" $hook.name "namespace" $namespace "own" (deepCopy $before)) }}
rules: {{- toYaml $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "ndw.metadata" (dict "top" $top "component" $hook.component "name" $hook.name "namespace" $namespace "own" (deepCopy $before)) }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $hook.name }}}
{{ $subject }}
{{- end }}
{{- with .clusterRules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
{{ include "ndw.metadata" (dict "top" $top "component" $hook.component "name" $hook.name "namespace" "" "own" (deepCopy $before)) }}
rules: {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
{{ include "ndw.metadata" (dict "top" $top "component" $hook.component "name" $hook.name "namespace" "" "own" (deepCopy $before)) }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $hook.name }}}
{{ $subject }}
{{- end }}
{{- end -}}

{{/* What the pod of a hook has beside its containers, and the pod of helm test that needs rights too. Use: include "ndw.hookPod" (list $ NAME) */}}
{{- define "ndw.hookPod" -}}
{{- $top := index . 0 -}}
{{- $webhook := $top.Values.webhook -}}
serviceAccountName: {{ index . 1 }}
automountServiceAccountToken: true
enableServiceLinks: false
restartPolicy: Never
{{- /* kubelet's own answer to where DNS is, which the check before an uninstall reads. */}}
dnsPolicy: ClusterFirst
{{- include "ndw.pullSecrets" $top }}
{{- with $webhook.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $webhook.nodeSelector }}
nodeSelector: {{- include "ndw.texts" . | nindent 2 }}
{{- end }}
{{- with $webhook.tolerations }}
tolerations: {{- include "ndw.tolerations" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
A Job at a time of the release, with its account, all gone when it has succeeded.
Use: include "ndw.hook" (dict "top" $ "name" "clean-up" "event" "post-delete" "args" […] "rules" {namespace: [rules]} "clusterRules" [rules] "weight" "0" "image" {…})
*/}}
{{- define "ndw.hook" -}}
{{- $top := .top -}}
{{- $name := printf "%s-%s" (include "ndw.fullname" $top) .name -}}
{{- $event := dict "helm.sh/hook" .event "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{ include "ndw.hookAccount" (dict "top" $top "component" .name "name" $name "event" $event "rules" .rules "clusterRules" .clusterRules) }}
---
apiVersion: batch/v1
kind: Job
{{ include "ndw.metadata" (dict "top" $top "component" .name "name" $name "own" (merge (dict "helm.sh/hook-weight" (.weight | default "0") "helm.sh/hook-output-log-policy" "hook-failed") $event)) }}
spec:
  backoffLimit: {{ .retries | default 0 }}
  # Also where the image cannot be pulled: Helm then says DeadlineExceeded.
  activeDeadlineSeconds: 240
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels: {{- include "ndw.texts" (mergeOverwrite (include "ndw.selector" (list $top .name) | fromYaml) $top.Values.commonLabels (dict "nodedns.io/inject" "disabled")) | nindent 8 }}
      {{- with include "ndw.texts" $top.Values.commonAnnotations | fromYaml }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "ndw.hookPod" (list $top $name) | nindent 6 }}
      containers:
        - name: hook
          image: {{ include "ndw.image" (list $top (.image | default $top.Values.webhook.image)) | quote }}
          imagePullPolicy: {{ $top.Values.image.pullPolicy }}
          args: {{- toYaml .args | nindent 12 }}
          resources: {{- toYaml $top.Values.hooks.resources | nindent 12 }}
          {{- with $top.Values.webhook.securityContext }}
          securityContext: {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end -}}
