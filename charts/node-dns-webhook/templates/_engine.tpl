{{/*
What changes pods: webhook or policy; empty where nothing does. What is known of the cluster's kinds counts; helm template knows
none, and goes by the version.
*/}}
{{- define "ndw.engine" -}}
{{- if .Values.webhook.enabled -}}
{{- if ne .Values.engine "auto" -}}{{ .Values.engine }}
{{- else if and (include "ndw.hasPolicies" .) (not (include "ndw.needsWebhook" .)) -}}policy
{{- else -}}webhook
{{- end -}}
{{- end -}}
{{- end -}}
{{- define "ndw.hasPolicies" -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- if or ($kinds.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy")
    (and (not ($kinds.Has "v1/Pod")) (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version)) -}}
true
{{- end -}}
{{- end -}}

{{/*
true where an upgrade changes the engine. A policy stands in meanwhile, so that no pod is missed: Helm deletes what goes as soon as
it has made what comes. Both at once do no harm, since a pod that has the local address first is left alone.
*/}}
{{- define "ndw.switching" -}}
{{- if .Release.IsUpgrade -}}
{{- if eq (include "ndw.engine" .) "policy" -}}
{{- if lookup "apps/v1" "Deployment" .Release.Namespace (include "ndw.webhook" .) -}}true{{- end -}}
{{- else if eq (include "ndw.engine" .) "webhook" -}}
{{- $map := lookup "v1" "ConfigMap" .Release.Namespace (include "ndw.policy" .) | default dict -}}
{{- /* Who has no policy may not be allowed to look for one. */ -}}
{{- if and (dig "data" "localAddresses" "" $map) (lookup "admissionregistration.k8s.io/v1" "MutatingAdmissionPolicy" "" (include "ndw.policy" .)) -}}true{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What is set that a policy cannot honour, the first of it: key and value, why, and the way out. Empty where there is nothing. */}}
{{- define "ndw.needsWebhook" -}}
{{- $webhook := .Values.webhook -}}
{{- $needs := list
    (list (eq $webhook.failurePolicy "Fail") "webhook.failurePolicy is Fail" "a policy cannot be out of reach, and an error in it must not cost a pod its start" "set webhook.failurePolicy=Ignore")
    (list (and (eq .Values.dns.fallback "none") $webhook.probe) "dns.fallback is none and webhook.probe is true" "only the webhook asks whether the cache answers before it leaves a pod with the cache alone" "set dns.fallback=cluster-dns, or webhook.probe=false to do without the question")
    (list (not (empty $webhook.extraArgs)) (printf "webhook.extraArgs is %s" (join " " $webhook.extraArgs)) "they are arguments of the webhook's program" "leave webhook.extraArgs empty")
    (list (contains "NODEDNS_" (toJson $webhook.extraEnv)) "webhook.extraEnv has NODEDNS_… variables" "they are options of the webhook's program" "leave them out") -}}
{{- $found := "" -}}
{{- range $needs -}}
{{- if and (not $found) (first .) -}}{{- $found = printf "%s, which a policy cannot honour: %s; %s" (index . 1) (index . 2) (index . 3) -}}{{- end -}}
{{- end -}}
{{- $found -}}
{{- end -}}

{{- define "ndw.validate.engine" -}}
{{- if eq .Values.engine "policy" -}}
{{- if not .Values.webhook.enabled -}}
{{- fail "engine is policy and webhook.enabled is false, which switches injection off whatever the engine: leave webhook.enabled=true (the policy installs no webhook), or engine=webhook" -}}
{{- end -}}
{{- if not (include "ndw.hasPolicies" .) -}}
{{- fail (printf "engine is policy and this cluster (Kubernetes %s) has no MutatingAdmissionPolicy of admissionregistration.k8s.io/v1, which comes with 1.36: set engine=webhook, or engine=auto" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- with include "ndw.needsWebhook" . -}}
{{- fail (printf "engine is policy and %s, or engine=webhook" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
