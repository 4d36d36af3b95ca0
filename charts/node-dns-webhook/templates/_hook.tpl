{{/*
A Job at a time of the release, with an account that may do what it does and no more, all gone when it has succeeded.
Use: include "ndw.hook" (dict "top" $ "name" "clean-up" "event" "post-delete" "args" […] "rules" {namespace: [rules]} "clusterRules" [rules] "weight" "0")
*/}}
{{- define "ndw.hook" -}}
{{- $hook := . -}}
{{- $top := .top -}}
{{- $webhook := $top.Values.webhook -}}
{{- $name := printf "%s-%s" (include "ndw.fullname" $top) .name -}}
{{- $event := dict "helm.sh/hook" .event "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{- $before := merge (dict "helm.sh/hook-weight" "-5") $event -}}
{{- $subject := printf "subjects: [{kind: ServiceAccount, name: %s, namespace: %q}]" $name $top.Release.Namespace -}}
apiVersion: v1
kind: ServiceAccount
{{ include "ndw.metadata" (dict "top" $top "component" .name "name" $name "own" (deepCopy $before)) }}
automountServiceAccountToken: false
{{- range $namespace, $rules := .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "ndw.metadata" (dict "top" $top "component" $hook.name "name" $name "namespace" $namespace "own" (deepCopy $before)) }}
rules: {{- toYaml $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "ndw.metadata" (dict "top" $top "component" $hook.name "name" $name "namespace" $namespace "own" (deepCopy $before)) }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
{{ $subject }}
{{- end }}
{{- with .clusterRules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
{{ include "ndw.metadata" (dict "top" $top "component" $hook.name "name" $name "namespace" "" "own" (deepCopy $before)) }}
rules: {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
{{ include "ndw.metadata" (dict "top" $top "component" $hook.name "name" $name "namespace" "" "own" (deepCopy $before)) }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $name }}}
{{ $subject }}
{{- end }}
---
apiVersion: batch/v1
kind: Job
{{ include "ndw.metadata" (dict "top" $top "component" .name "name" $name "own" (merge (dict "helm.sh/hook-weight" (.weight | default "0") "helm.sh/hook-output-log-policy" "hook-failed") $event)) }}
spec:
  backoffLimit: {{ .retries | default 0 }}
  activeDeadlineSeconds: 240
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels: {{- include "ndw.texts" (mergeOverwrite (include "ndw.selector" (list $top .name) | fromYaml) $top.Values.commonLabels (dict "nodedns.io/inject" "disabled")) | nindent 8 }}
      {{- with include "ndw.texts" $top.Values.commonAnnotations | fromYaml }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      restartPolicy: Never
      # kubelet's own answer to where DNS is, which the check before an uninstall reads.
      dnsPolicy: ClusterFirst
      {{- include "ndw.pullSecrets" $top | indent 6 }}
      {{- with $webhook.podSecurityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: hook
          image: {{ include "ndw.image" (list $top $webhook.image) | quote }}
          imagePullPolicy: {{ $top.Values.image.pullPolicy }}
          args: {{- toYaml .args | nindent 12 }}
          resources: {{- toYaml $top.Values.hooks.resources | nindent 12 }}
          {{- with $webhook.securityContext }}
          securityContext: {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- with $webhook.nodeSelector }}
      nodeSelector: {{- include "ndw.texts" . | nindent 8 }}
      {{- end }}
      {{- with $webhook.tolerations }}
      tolerations: {{- include "ndw.tolerations" . | nindent 8 }}
      {{- end }}
{{- end -}}
