{{/*
Addresses of cluster DNS, comma-separated: given, or those of the Service in kube-system that Helm finds. Empty where there
is neither. Looked up once in a run.
*/}}
{{- define "ndw.knownClusterDNS" -}}
{{- if .Values.dns.clusterDNS -}}
{{- join "," .Values.dns.clusterDNS -}}
{{- else -}}
{{- if not (hasKey .Values "_clusterDNS") -}}
{{- $found := "" -}}
{{- range list "kube-dns" "coredns" "rke2-coredns-rke2-coredns" -}}
{{- if not $found -}}
{{- with lookup "v1" "Service" "kube-system" . -}}
{{- $found = without (.spec.clusterIPs | default (list .spec.clusterIP)) "None" "" nil | join "," -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "_clusterDNS" $found -}}
{{- end -}}
{{- get .Values "_clusterDNS" -}}
{{- end -}}
{{- end -}}

{{/* The same, for what cannot do without: refused when it is not known. */}}
{{- define "ndw.clusterDNS" -}}
{{- with include "ndw.knownClusterDNS" . }}{{ . }}{{ else -}}
{{ fail "dns.clusterDNS is empty and Helm finds no Service kube-dns with a ClusterIP in kube-system (helm template cannot look): set dns.clusterDNS to the addresses of cluster DNS" }}
{{- end -}}
{{- end -}}
{{- define "ndw.clusterDomain" -}}{{ .Values.dns.clusterDomain | default "cluster.local" }}{{- end -}}
