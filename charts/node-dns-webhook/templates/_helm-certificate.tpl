{{/*
The certificate of tls.mode helm, as YAML {ca, cert, key} in base64: the one given, else that of the Secret, so that an
upgrade keeps it, else a new one. A new one is only made where Helm sees the cluster, and so will find it again: otherwise
each render had another, and nothing would ever be in sync. Made once in a run and kept in .Values.
*/}}
{{- define "ndw.helmCertificate" -}}
{{- if not (hasKey .Values "_helmCertificate") -}}
{{- $helm := .Values.tls.helm -}}
{{- $made := dict -}}
{{- if $helm.certificate -}}
{{- $made = dict "ca" (b64enc $helm.caCertificate) "cert" (b64enc $helm.certificate) "key" (b64enc $helm.privateKey) -}}
{{- else -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "ndw.tlsSecret" .) -}}
{{- $data := ($secret | default dict).data | default dict -}}
{{- if hasKey $data "ca.crt" -}}
{{- $made = dict "ca" (get $data "ca.crt") "cert" (get $data "tls.crt") "key" (get $data "tls.key") -}}
{{- else -}}
{{- if not (lookup "v1" "Secret" .Release.Namespace "") -}}
{{- fail "tls.mode is helm and Helm does not see the cluster (helm template, Argo CD, --dry-run=client): each render would make another certificate. Set tls.mode=certManager, or tls.mode=existingSecret, or give tls.helm.caCertificate, tls.helm.certificate and tls.helm.privateKey; for a dry run, --dry-run=server" -}}
{{- end -}}
{{- $name := include "ndw.webhook" . -}}
{{- $days := int $helm.validityDays -}}
{{- $ca := genCA (printf "%s-ca" $name) $days -}}
{{- $host := printf "%s.%s.svc" $name .Release.Namespace -}}
{{- $leaf := genSignedCert $host nil (list $host (printf "%s.%s" $host (include "ndw.clusterDomain" .))) $days $ca -}}
{{- $made = dict "ca" (b64enc $ca.Cert) "cert" (b64enc $leaf.Cert) "key" (b64enc $leaf.Key) -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "_helmCertificate" $made -}}
{{- end -}}
{{ toYaml (get .Values "_helmCertificate") }}
{{- end -}}

{{/* The CA bundle as the webhook configuration has it, base64; empty where somebody else fills it in. */}}
{{- define "ndw.caBundle" -}}
{{- if eq .Values.tls.mode "helm" -}}
{{- get (include "ndw.helmCertificate" . | fromYaml) "ca" -}}
{{- else if eq .Values.tls.mode "existingSecret" -}}
{{- with .Values.tls.caBundle -}}{{- hasPrefix "LS0t" . | ternary . (b64enc .) -}}{{- end -}}
{{- end -}}
{{- end -}}
