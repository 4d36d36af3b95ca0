{{/* What a policy adds to the match conditions: pods that it would leave alone in any case. */}}
{{- define "ndw.policyConditions" -}}
{{- $changed := "has(object.metadata.annotations) && 'nodedns.io/status' in object.metadata.annotations" -}}
- name: dns-policy-of-the-cluster
  expression: {{ printf "(%s) || !has(object.spec.dnsPolicy) || object.spec.dnsPolicy in ['ClusterFirst', 'ClusterFirstWithHostNet']" $changed | quote }}
- name: not-with-the-nodes-resolv-conf
  expression: {{ printf "(%s) || !has(object.spec.hostNetwork) || object.spec.hostNetwork != true || (has(object.spec.dnsPolicy) && object.spec.dnsPolicy != 'ClusterFirst')" $changed | quote }}
{{- end -}}

{{/*
The one mutation. A typed object (Object.spec… with braces) in the list of a JSONPatch value panics an API server
(kubernetes#142181): values are plain maps and lists under dyn().
*/}}
{{- define "ndw.policyPatch" -}}
variables.action == 'inject' ?
[JSONPatch{op: 'add', path: '/spec/dnsPolicy', value: 'None'}]
+ (has(object.spec.dnsConfig) ? [] : [JSONPatch{op: 'add', path: '/spec/dnsConfig', value: dyn({})}])
+ [JSONPatch{op: 'add', path: '/spec/dnsConfig/nameservers', value: dyn(variables.servers)}]
+ (variables.searches.size() == 0 ? [] : [JSONPatch{op: 'add', path: '/spec/dnsConfig/searches', value: dyn(variables.searches)}])
+ [JSONPatch{op: 'add', path: '/spec/dnsConfig/options',
  value: dyn(variables.options.map(one, one[2] == 'v' ? {'name': one[0], 'value': one[1]} : {'name': one[0]}))}]
+ (variables.newStatus.size() == 0 ? [] : has(object.metadata.annotations)
  ? [JSONPatch{op: 'add', path: '/metadata/annotations/nodedns.io~1status', value: variables.newStatus[0]}]
  : [JSONPatch{op: 'add', path: '/metadata/annotations', value: dyn({'nodedns.io/status': variables.newStatus[0]})}])
: variables.action == 'undo' ?
[variables.original.startsWith('{"dnsPolicy":"C') ? JSONPatch{op: 'add', path: '/spec/dnsPolicy', value: variables.policyBefore}
  : JSONPatch{op: 'remove', path: '/spec/dnsPolicy'}]
+ (has(object.spec.dnsConfig) ? [JSONPatch{op: 'remove', path: '/spec/dnsConfig'}] : [])
+ (variables.original.contains('"dnsConfig":') ? [JSONPatch{op: 'add', path: '/spec/dnsConfig', value: dyn({})}] : [])
+ (variables.keptServers.size() == 0 ? [] : [JSONPatch{op: 'add', path: '/spec/dnsConfig/nameservers', value: dyn(variables.keptServers)}])
+ (variables.keptSearches.size() == 0 ? [] : [JSONPatch{op: 'add', path: '/spec/dnsConfig/searches', value: dyn(variables.keptSearches)}])
+ (variables.keptOptions.size() == 0 ? [] : [JSONPatch{op: 'add', path: '/spec/dnsConfig/options',
  value: dyn(variables.keptOptions.map(one, one[2] == 'n' ? {'name': one[0]} : {'name': one[0], 'value': one[1]}))}])
+ [JSONPatch{op: 'remove', path: variables.annotations.size() == 1 ? '/metadata/annotations' : '/metadata/annotations/nodedns.io~1status'}]
: []
{{- end -}}
