{{/* What the Deployment's pods and the one of helm test have in common, so that the test finds what the pods find. */}}
{{- define "ndw.webhookPod" -}}
{{- $values := .Values.webhook -}}
serviceAccountName: {{ include "ndw.serviceAccount" (list . "webhook") | quote }}
automountServiceAccountToken: {{ .Values.selection.namespaceSettings }}
enableServiceLinks: false
{{- if $values.hostNetwork }}
hostNetwork: true
{{- end }}
dnsPolicy: {{ $values.dnsPolicy | default ($values.hostNetwork | ternary "ClusterFirstWithHostNet" "ClusterFirst") }}
{{- include "ndw.pullSecrets" . }}
{{- with $values.podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- include "ndw.texts" . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- include "ndw.tolerations" . | nindent 2 }}
{{- end }}
volumes:
  - name: tls
    secret: {secretName: {{ include "ndw.tlsSecret" . | quote }}, defaultMode: 0440}
  {{- with $values.extraVolumes }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{- define "ndw.webhookContainer" -}}
{{- $values := .Values.webhook -}}
image: {{ include "ndw.image" (list . $values.image) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with include "ndw.env" (list . $values.extraEnv) }}
{{ . }}
{{- end }}
{{- with $values.securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tls, mountPath: /etc/node-dns/tls, readOnly: true}
  {{- with $values.extraVolumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{/* Tolerations, whose values are texts. */}}
{{- define "ndw.tolerations" -}}
{{- $tolerations := list -}}
{{- range . -}}
{{- $toleration := deepCopy . -}}
{{- if not (kindIs "invalid" .value) -}}{{- $_ := set $toleration "value" (include "ndw.scalar" .value) -}}{{- end -}}
{{- $tolerations = append $tolerations $toleration -}}
{{- end -}}
{{- toYaml $tolerations -}}
{{- end -}}

{{/* A strategy with numbers for rolling updates only where it is one. */}}
{{- define "ndw.updateStrategy" -}}
type: {{ .type }}
{{- if and (eq .type "RollingUpdate") .rollingUpdate }}
rollingUpdate: {{- toYaml .rollingUpdate | nindent 2 }}
{{- end }}
{{- end -}}
