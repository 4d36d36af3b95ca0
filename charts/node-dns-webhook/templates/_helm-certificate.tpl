{{/*
The certificate of tls.mode helm, as YAML {ca, cert, key} in base64: that of the Secret when there is one, so that an
upgrade keeps it, else a new one. Made once in a run and kept in .Values, or each template would get its own.
*/}}
{{- define "ndw.helmCertificate" -}}
{{- if not (hasKey .Values "_helmCertificate") -}}
{{- $name := include "ndw.webhook" . -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "ndw.tlsSecret" .) -}}
{{- $made := dict -}}
{{- if and $secret $secret.data (hasKey ($secret.data | default dict) "ca.crt") -}}
{{- $made = dict "ca" (get $secret.data "ca.crt") "cert" (get $secret.data "tls.crt") "key" (get $secret.data "tls.key") -}}
{{- else -}}
{{- $days := int .Values.tls.helm.validityDays -}}
{{- $ca := genCA (printf "%s-ca" $name) $days -}}
{{- $host := printf "%s.%s.svc" $name .Release.Namespace -}}
{{- $leaf := genSignedCert $host nil (list $host (printf "%s.%s" $host (include "ndw.clusterDomain" .))) $days $ca -}}
{{- $made = dict "ca" ($ca.Cert | b64enc) "cert" ($leaf.Cert | b64enc) "key" ($leaf.Key | b64enc) -}}
{{- end -}}
{{- $_ := set .Values "_helmCertificate" $made -}}
{{- end -}}
{{ toYaml (get .Values "_helmCertificate") }}
{{- end -}}
