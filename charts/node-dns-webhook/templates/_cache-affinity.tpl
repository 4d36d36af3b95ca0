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
{{- range $required.nodeSelectorTerms | default (list dict) -}}
{{- $terms = append $terms (set . "matchExpressions" (concat (.matchExpressions | default list) $real)) -}}
{{- end -}}
{{- $_ := set $required "nodeSelectorTerms" $terms -}}
{{- $_ := set $node "requiredDuringSchedulingIgnoredDuringExecution" $required -}}
{{- $_ := set $affinity "nodeAffinity" $node -}}
{{- toYaml $affinity -}}
{{- end -}}
