{{/*
Affinity of the cache's pods: the user's, and in each of its node terms that the node is no virtual one. Such nodes (EKS
Fargate, virtual kubelets, TKE super nodes, Liqo, kwok) run no DaemonSet, and a pod of one would be pending for ever.
*/}}
{{- define "ndw.cacheAffinity" -}}
{{- $real := list
    (dict "key" "eks.amazonaws.com/compute-type" "operator" "NotIn" "values" (list "fargate"))
    (dict "key" "type" "operator" "NotIn" "values" (list "virtual-kubelet" "kwok"))
    (dict "key" "node.kubernetes.io/instance-type" "operator" "NotIn" "values" (list "eklet"))
    (dict "key" "liqo.io/type" "operator" "NotIn" "values" (list "virtual-node")) -}}
{{- $affinity := deepCopy .Values.cache.affinity -}}
{{- $node := $affinity.nodeAffinity | default dict -}}
{{- $required := $node.requiredDuringSchedulingIgnoredDuringExecution | default dict -}}
{{- $terms := list -}}
{{- range $required.nodeSelectorTerms -}}
{{- /* An empty term matches no node, and with our expressions it would match nearly all. */ -}}
{{- if or .matchExpressions .matchFields -}}
{{- $terms = append $terms (set . "matchExpressions" (concat (.matchExpressions | default list) $real)) -}}
{{- else -}}
{{- $terms = append $terms . -}}
{{- end -}}
{{- end -}}
{{- if not $terms -}}{{- $terms = list (dict "matchExpressions" $real) -}}{{- end -}}
{{- $_ := set $required "nodeSelectorTerms" $terms -}}
{{- $_ := set $node "requiredDuringSchedulingIgnoredDuringExecution" $required -}}
{{- $_ := set $affinity "nodeAffinity" $node -}}
{{- toYaml $affinity -}}
{{- end -}}
