{{/*
Addresses of cluster DNS, comma-separated: given, or those of the Service in kube-system that Helm finds. Empty where there
is neither. Looked up once in a run.
*/}}
{{- define "ndw.knownClusterDNS" -}}
{{- if or .Values.dns.clusterDNS .Values.dns.clusterDNSService.name -}}
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

{{/*
The same for arguments of the cache and the guard, which cannot do without: refused when it is not known. With
dns.clusterDNSService it is a variable that kubelet fills in.
*/}}
{{- define "ndw.clusterDNS" -}}
{{- if .Values.dns.clusterDNSService.name -}}$(CLUSTER_DNS)
{{- else -}}
{{- with include "ndw.knownClusterDNS" . }}{{ . }}{{ else -}}
{{ fail "dns.clusterDNS is empty and Helm finds no Service kube-dns with a ClusterIP in kube-system (helm template cannot look): set dns.clusterDNS to the addresses of cluster DNS, or dns.clusterDNSService.name to the name of its Service" }}
{{- end -}}
{{- end -}}
{{- end -}}
{{/* The same with spaces between, as a Corefile has it. */}}
{{- define "ndw.clusterDNSWords" -}}
{{- .Values.dns.clusterDNSService.name | empty | ternary (include "ndw.clusterDNS" . | replace "," " ") "$(CLUSTER_DNS_WORDS)" -}}
{{- end -}}
{{- define "ndw.clusterDNSMap" -}}{{ include "ndw.fullname" . }}-cluster-dns{{- end -}}
{{/* The environment of a container: its own, and the variables of dns.clusterDNSService. Use: include "ndw.env" (list $ own) */}}
{{- define "ndw.env" -}}
{{- $top := index . 0 -}}
{{- $env := list -}}
{{- if $top.Values.dns.clusterDNSService.name -}}
{{- range $variable, $key := dict "CLUSTER_DNS" "clusterDNS" "CLUSTER_DNS_WORDS" "clusterDNSWords" -}}
{{- $env = append $env (dict "name" $variable "valueFrom" (dict "configMapKeyRef" (dict "name" (include "ndw.clusterDNSMap" $top) "key" $key))) -}}
{{- end -}}
{{- end -}}
{{- with concat $env (index . 1) -}}
env: {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
{{- define "ndw.clusterDomain" -}}{{ .Values.dns.clusterDomain | default "cluster.local" }}{{- end -}}
