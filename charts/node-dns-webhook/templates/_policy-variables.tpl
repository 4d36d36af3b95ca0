{{/*
What src/Injection decides, in CEL. Each variable is evaluated once, when it is first asked for. CEL reads a pod without its empty
fields, knows no loops and no JSON, and wants lists of one type: an option is [name, value, kind], kind being v (has a value), n
(has none), e (an empty one) or r (taken away from the layers below). Addresses are compared as string(ip(text)), in one spelling.
*/}}
{{- define "ndw.policyVariables" -}}
# 1. Pod, namespace and settings.
- name: settings
  expression: {{ include "ndw.policySettings" . | fromYaml | toJson | quote }}
- name: labels
  expression: "has(object.metadata.labels) ? object.metadata.labels : dyn({})"
- name: annotations
  expression: "has(object.metadata.annotations) ? object.metadata.annotations : dyn({})"
- name: ofNamespace
  expression: "string(variables.settings.namespaceSettings) == 'true' ? dyn(namespaceObject.metadata) : dyn({})"
- name: config
  expression: "has(object.spec.dnsConfig) ? object.spec.dnsConfig : dyn({})"
- name: ownServers
  expression: "variables.config.?nameservers.orValue([]).map(one, string(one))"
- name: ownSearches
  expression: "variables.config.?searches.orValue([]).map(one, string(one))"
- name: ownOptions
  expression: >-
    variables.config.?options.orValue([]).map(one, [string(one.?name.orValue('')), string(one.?value.orValue('')),
    !has(one.value) ? 'n' : string(one.value) == '' ? 'e' : 'v'])
- name: policy
  expression: "string(object.spec.?dnsPolicy.orValue('ClusterFirst'))"
- name: hostNetwork
  expression: "has(object.spec.hostNetwork) && object.spec.hostNetwork == true"
- name: containers
  expression: "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : dyn([]))"
- name: clusterDNS
  expression: "string({{ .Values.dns.clusterDNSService.name | empty | ternary "variables.settings" "params.data" }}.?clusterDNS.orValue('')).split(',')"
# The first is of the family that the cluster's Services have.
- name: localAddresses
  expression: >-
    [true, false].map(first, string(variables.settings.localAddresses).split(',')
    .filter(one, (one.contains(':') == variables.clusterDNS[0].contains(':')) == first)).flatten()

# 2. Is it selected: label, compatible label, annotation, in this order. Labels of the namespace are the bindings' matter.
- name: wishes
  expression: >-
    [string(variables.labels[?'nodedns.io/inject'].orValue('')),
    string(variables.settings.compatLabel) == 'true' ? string(variables.labels[?'node-local-dns-injection'].orValue('')) : '',
    string(variables.annotations[?'nodedns.io/inject'].orValue(''))].filter(one, one in ['enabled', 'disabled'])
- name: namespaceWishes
  expression: >-
    [string(variables.ofNamespace.?labels[?'nodedns.io/inject'].orValue('')),
    string(variables.settings.compatLabel) == 'true' ? string(variables.ofNamespace.?labels[?'node-local-dns-injection'].orValue('')) : '',
    string(variables.ofNamespace.?annotations[?'nodedns.io/inject'].orValue(''))].filter(one, one in ['enabled', 'disabled'])
- name: isSelected
  expression: >-
    variables.wishes.size() > 0 ? variables.wishes[0] == 'enabled' : variables.namespaceWishes.size() == 0 || variables.namespaceWishes[0] == 'enabled'

# 3. Can it work. Where it can run: what is known of the labels of all nodes but Windows nodes, but Fargate's, but virtual ones; then of
# those of each make: Windows, Fargate, virtual kubelets, kwok, TKE's super nodes, Liqo: = the value, ! none of the values, - no such label.
- name: knownNodes
  expression: >-
    [{'kubernetes.io/os': ['=', 'linux'], 'beta.kubernetes.io/os': ['=', 'linux'], 'node.kubernetes.io/windows-build': ['-'],
    'cloud.google.com/gke-os-distribution': ['!', 'windows_ltsc', 'windows_sac'],
    'kubernetes.azure.com/os-sku': ['!', 'Windows2019', 'Windows2022', 'Windows2025', 'WindowsAnnual']},
    {'eks.amazonaws.com/compute-type': ['!', 'fargate']},
    {'type': ['!', 'virtual-kubelet', 'kwok'], 'node.kubernetes.io/instance-type': ['!', 'eklet'], 'liqo.io/type': ['!', 'virtual-node']},
    {'kubernetes.io/os': ['=', 'windows'], 'beta.kubernetes.io/os': ['=', 'windows']},
    {'eks.amazonaws.com/compute-type': ['=', 'fargate']},
    {'type': ['=', 'virtual-kubelet']}, {'type': ['=', 'kwok']}, {'node.kubernetes.io/instance-type': ['=', 'eklet']}, {'liqo.io/type': ['=', 'virtual-node']}]
# The taints of each make.
- name: taints
  expression: >-
    [[['os', 'windows'], ['kubernetes.io/os', 'windows'], ['node.kubernetes.io/os', 'windows']],
    [['eks.amazonaws.com/compute-type', 'fargate']], [['virtual-kubelet.io/provider', '']], [['kwok.x-k8s.io/node', '']],
    [['eks.tke.cloud.tencent.com/eklet', '']], [['virtual-node.liqo.io/not-allowed', '']]]
- name: nodeSelector
  expression: "has(object.spec.nodeSelector) ? object.spec.nodeSelector : dyn({})"
- name: nodeTerms
  expression: >-
    object.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])
    .filter(term, (has(term.matchExpressions) && term.matchExpressions.size() > 0) || (has(term.matchFields) && term.matchFields.size() > 0))
- name: canRun
  expression: >-
    variables.knownNodes.map(known,
      variables.nodeSelector.all(key, !(key in known)
        || (known[key][0] == '=' ? variables.nodeSelector[key] == known[key][1] : known[key][0] == '!' && !(string(variables.nodeSelector[key]) in known[key])))
      && (variables.nodeTerms.size() == 0 || variables.nodeTerms.exists(term, !has(term.matchExpressions) || term.matchExpressions.all(ask,
        !(string(ask.key) in known) ? true
        : ask.operator == 'In' ? ask.?values.orValue([]).exists(value,
            known[string(ask.key)][0] == '=' ? value == known[string(ask.key)][1]
            : known[string(ask.key)][0] == '!' && !(string(value) in known[string(ask.key)]))
        : ask.operator == 'NotIn' ? known[string(ask.key)][0] != '=' || !ask.?values.orValue([]).exists(value, value == known[string(ask.key)][1])
        : ask.operator == 'Exists' ? known[string(ask.key)][0] != '-'
        : ask.operator == 'DoesNotExist' ? known[string(ask.key)][0] != '='
        : known[string(ask.key)][0] == '!'))))
- name: isFor
  expression: >-
    lists.range(3).map(kind, !variables.canRun[kind] || [[0], [1], [2, 3, 4, 5]][kind].exists(make, variables.canRun[3 + make] && has(object.spec.tolerations)
      && object.spec.tolerations.exists(one, variables.taints[make].exists(taint, one.?key.orValue('') == taint[0]
        && (taint[1] == '' || one.?operator.orValue('') == 'Exists' || one.?value.orValue('') == taint[1])))))
- name: isWindows
  expression: >-
    has(object.spec.os) ? object.spec.os.name == 'windows'
    : object.spec.?securityContext.?windowsOptions.?hostProcess.orValue(false) == true
      || variables.containers.exists(one, one.?securityContext.?windowsOptions.?hostProcess.orValue(false) == true)
      || variables.isFor[0]
- name: isDnsServer
  expression: >-
    variables.labels[?'k8s-app'].orValue('') in ['kube-dns', 'coredns', 'node-local-dns', 'nodelocaldns', 'node-dns-cache']
    || variables.labels[?'app.kubernetes.io/name'].orValue('') in ['kube-dns', 'coredns', 'node-local-dns', 'nodelocaldns', 'node-dns-cache', 'node-dns-webhook']
- name: isFargate
  expression: >-
    object.spec.?schedulerName.orValue('') == 'fargate-scheduler' || 'eks.amazonaws.com/fargate-profile' in variables.labels || variables.isFor[1]
- name: isVirtual
  expression: >-
    variables.labels[?'alibabacloud.com/eci'].orValue('') == 'true' || variables.labels[?'eci'].orValue('') == 'true'
    || variables.labels[?'alibabacloud.com/acs'].orValue('') == 'true' || variables.isFor[2]
- name: bypassesHost
  expression: >-
    'vpc.amazonaws.com/pod-eni' in variables.annotations
    || variables.annotations[?'tke.cloud.tencent.com/networks'].orValue('') == 'tke-direct-eni'
    || variables.containers.exists(one, ['vpc.amazonaws.com/pod-eni', 'tke.cloud.tencent.com/direct-eni'].exists(resource,
      resource in one.?resources.?limits.orValue({}) || resource in one.?resources.?requests.orValue({})))
- name: cannotWork
  expression: >-
    'kubernetes.io/config.mirror' in variables.annotations || variables.isWindows
    || (!('dns-server' in string(variables.settings.ignoreSkipRules).split(',')) && variables.isDnsServer)
    || (!('fargate' in string(variables.settings.ignoreSkipRules).split(',')) && variables.isFargate)
    || (!('virtual-node' in string(variables.settings.ignoreSkipRules).split(',')) && variables.isVirtual)
    || (!('bypasses-host' in string(variables.settings.ignoreSkipRules).split(',')) && variables.bypassesHost)

# What an earlier call has kept of the pod's DNS as it was, at the end of its annotation; empty where there was no such call, its
# change is gone, or the annotation says something that cannot have been.
- name: status
  expression: "string(variables.annotations[?'nodedns.io/status'].orValue(''))"
- name: kept
  expression: >-
    variables.policy == 'None' && variables.status.contains('; was ')
    && (variables.ownServers.size() == 0 || [variables.ownServers[0], variables.status.find(': nameservers [^,;]*').replace(': nameservers ', '')]
      .map(one, isIP(one) ? string(ip(one)) : one).distinct().size() == 1)
    ? variables.status.substring(variables.status.lastIndexOf('; was ') + 6) : ''
- name: keptServers
  expression: "variables.kept.find('\"nameservers\":\\\\[[^\\\\]]*').findAll('\"[^\"]*\"').map(one, one.replace('\"', '')).filter(one, one != 'nameservers')"
- name: keptSearches
  expression: "variables.kept.find('\"searches\":\\\\[[^\\\\]]*').findAll('\"[^\"]*\"').map(one, one.replace('\"', '')).filter(one, one != 'searches')"
- name: keptOptions
  expression: >-
    variables.kept.findAll('\\{"name":"[^"]*"(,"value":"[^"]*")?\\}').map(one, one.split('"')).map(parts,
    [parts[3], parts.size() > 5 ? parts[7] : '', parts.size() <= 5 ? 'n' : parts[7] == '' ? 'e' : 'v'])
# Of the pod's own dnsConfig and of the one kept: would the API server take it.
- name: isValid
  expression: >-
    [[variables.ownServers, variables.ownSearches, variables.ownOptions.map(one, one[0])],
    [variables.keptServers, variables.keptSearches, variables.keptOptions.map(one, one[0])]].map(one,
      one[0].size() <= 3 && one[0].all(server, isIP(server))
      && one[1].size() <= 32 && one[1].join(' ').size() <= 2048
      && one[1].all(search, search.size() > 253
        || search.matches('^([.]|_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?([.]_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*[.]?)$'))
      && one[2].all(name, name != ''))
- name: original
  expression: >-
    variables.kept != '' && variables.isValid[1]
    && variables.kept.matches('^\\{("dnsPolicy":"(|ClusterFirst|ClusterFirstWithHostNet)")?(^\\{|,?)("dnsConfig":\\{("nameservers":\\[[^\\]]*\\])?,?("searches":\\[[^\\]]*\\])?,?("options":\\[(\\{"name":"[^"\\\\]*"(,"value":"[^"\\\\]*")?\\},?)*\\])?\\})?\\}$')
    ? variables.kept : ''
- name: policyBefore
  expression: >-
    variables.original == '' ? variables.policy : variables.original.contains('"dnsPolicy":"ClusterFirstWithHostNet"') ? 'ClusterFirstWithHostNet' : 'ClusterFirst'
- name: policyForbids
  expression: >-
    variables.policyBefore == 'ClusterFirst' ? variables.hostNetwork
    : variables.policyBefore == 'ClusterFirstWithHostNet' ? variables.hostNetwork && string(variables.settings.injectHostNetwork) == 'false'
    : variables.policyBefore != 'None'

# The share of workloads: a name without what its controller adds at each revision or run, as a number below 10,000.
- name: owner
  expression: >-
    !has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() == 0 ? dyn({})
    : object.metadata.ownerReferences.exists(one, has(one.controller) && one.controller == true)
    ? object.metadata.ownerReferences.filter(one, has(one.controller) && one.controller == true)[0] : object.metadata.ownerReferences[0]
- name: ownerName
  expression: "string(variables.owner.?name.orValue(''))"
- name: suffixes
  expression: >-
    variables.labels.filter(key, key.endsWith('pod-template-hash') && variables.labels[key] != '' && variables.ownerName.endsWith('-' + variables.labels[key]))
    .map(key, '-' + string(variables.labels[key]))
    + [variables.ownerName.find(variables.owner.?kind.orValue('') == 'ReplicationController' ? '-[0-9]{1,9}$' : '-[0-9]{8,10}$')]
- name: workload
  expression: >-
    string(variables.settings.percentSeedLabel) != '' && variables.labels[?string(variables.settings.percentSeedLabel)].orValue('') != ''
    ? 'label/' + string(variables.labels[string(variables.settings.percentSeedLabel)])
    : variables.ownerName == '' ? 'Pod/' + string(object.metadata.?name.orValue(string(object.metadata.?generateName.orValue(''))))
    : string(variables.owner.?kind.orValue('')) + '/' + (variables.labels[?'serving.knative.dev/configuration'].orValue('') != ''
      ? string(variables.labels['serving.knative.dev/configuration'])
      : variables.ownerName.size() > variables.suffixes[0].size()
      ? variables.ownerName.substring(0, variables.ownerName.size() - variables.suffixes[0].size()) : variables.ownerName)
- name: percent
  expression: >-
    string(variables.ofNamespace.?annotations[?'nodedns.io/percent'].orValue('')).matches('^0*([0-9]|[1-9][0-9]|100)$')
    ? int(string(variables.ofNamespace.annotations['nodedns.io/percent'])) : int(string(variables.settings.percent))
- name: draw
  expression: >-
    [(string(request.namespace) + '/' + variables.workload).split('')].map(key, lists.range(key.size()).map(i,
    ('abcdefghijklmnopqrstuvwxyz0123456789-./ABCDEFGHIJKLMNOPQRSTUVWXYZ_'.indexOf(key[i]) + 2) * ((i * i * 7919 + i * 104729 + 15485863) % 1000003)).sum() % 10000)[0]
- name: isDrawn
  expression: "variables.wishes.size() > 0 || variables.percent >= 100 || (variables.percent > 0 && variables.draw < variables.percent * 100)"

# undo: what came true after an earlier call takes its change back. inject: also where another has emptied the nameservers since.
- name: action
  expression: >-
    !variables.isSelected || variables.cannotWork || variables.policyForbids || !variables.isDrawn ? (variables.original == '' ? '' : 'undo')
    : variables.policy == 'None' && (variables.ownServers.size() > 0 || !('nodedns.io/status' in variables.annotations)) ? ''
    : variables.isValid[0] && variables.clusterDNS[0] != '' ? 'inject' : ''

# 4. Compose. The namespace's annotations, then the pod's.
- name: asked
  expression: "[variables.ofNamespace.?annotations.orValue({}), variables.annotations].map(one, dyn(one))"
- name: fallbacks
  expression: >-
    [string(variables.asked[1][?'nodedns.io/fallback'].orValue('')), string(variables.asked[0][?'nodedns.io/fallback'].orValue('')),
    string(variables.settings.fallback)].filter(one, one in ['cluster-dns', 'none'])
- name: nameservers
  expression: >-
    variables.localAddresses + (variables.fallbacks[0] == 'none' ? [] : variables.clusterDNS) + variables.ownServers
# Of the spellings of one address the first.
- name: servers
  expression: >-
    [variables.nameservers.map(one, isIP(one) ? string(ip(one)) : one)].map(same, same.distinct().map(one, variables.nameservers[same.indexOf(one)]))
    .map(all, all.slice(0, all.size() < 3 ? all.size() : 3))[0]
- name: askedSearches
  expression: >-
    variables.asked.map(one, string(one[?'nodedns.io/searches'].orValue('')).replace(',', ' ').split(' ').filter(search, search.size() <= 254
    && search.matches('^([.]|_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?([.]_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*[.]?)$')))
- name: allSearches
  expression: >-
    ((string(variables.settings.clusterDomain) == '' ? [] : [string(request.namespace) + '.svc.' + string(variables.settings.clusterDomain),
    'svc.' + string(variables.settings.clusterDomain), string(variables.settings.clusterDomain)])
    + string(variables.settings.hostSearches).split(',').filter(one, one != '') + variables.ownSearches
    + variables.askedSearches[0] + variables.askedSearches[1]).distinct()
- name: fittingSearches
  expression: "variables.allSearches.slice(0, variables.allSearches.size() < 32 ? variables.allSearches.size() : 32).filter(one, one.size() <= 253)"
- name: searches
  expression: >-
    variables.fittingSearches.join(' ').size() <= 2048 ? variables.fittingSearches
    : variables.fittingSearches.slice(0, lists.range(variables.fittingSearches.size()).filter(n, variables.fittingSearches.slice(0, n).join(' ').size() <= 2048).max())
- name: allowed
  expression: "string(variables.settings.allowedOptions).split(',')"
# Of each, the list of options, as [name, value, kind], and a name that no option has where the whole list is ignored.
- name: listed
  expression: >-
    variables.asked.map(one, string(one[?'nodedns.io/options'].orValue('')).replace(',', ' ').split(' ').filter(item, item != '')
    .map(item, item.contains(':') ? [item.substring(0, item.indexOf(':')), item.substring(item.indexOf(':') + 1)] : [item, '']))
    .map(list, list.all(item, item[0].matches('^[a-z0-9-]+$')) ? list : [])
- name: named
  expression: >-
    variables.asked.map(one, ['ndots', 'timeout', 'attempts'].filter(name, ('nodedns.io/' + name) in one)
    .map(name, [name, string(one['nodedns.io/' + name])]))
- name: flags
  expression: >-
    variables.asked.map(one, ['use-vc', 'single-request-reopen'].filter(name, name in variables.allowed
    && one[?'nodedns.io/' + name].orValue('') in ['true', 'false'])
    .map(name, [name, '', one['nodedns.io/' + name] == 'true' ? 'n' : 'r']))
- name: layers
  expression: >-
    [0, 1].map(i, (variables.listed[i] + variables.named[i]).filter(item, item[0] in variables.allowed && (
      item[0] == 'ndots' ? item[1].matches('^0*([0-9]|1[0-5])$')
      : item[0] == 'timeout' ? item[1].matches('^0*([1-9]|[12][0-9]|30)$')
      : item[0] == 'attempts' ? item[1].matches('^0*[1-5]$')
      : item[1] == '' || !(item[0] in ['use-vc', 'single-request', 'single-request-reopen', 'rotate', 'edns0', 'trust-ad', 'no-aaaa', 'no-reload',
        'no-tld-query', 'no-check-names', 'inet6', 'debug'])))
    .map(item, [item[0], item[0] in ['ndots', 'timeout', 'attempts'] ? string(int(item[1])) : item[1], item[1] == '' ? 'n' : 'v']) + variables.flags[i])
- name: layered
  expression: >-
    [['ndots', '5', 'v']]
    + string(variables.settings.options).split(',').filter(item, item != '').map(item, item.contains(':')
      ? [item.substring(0, item.indexOf(':')), item.substring(item.indexOf(':') + 1), 'v'] : [item, '', 'n'])
    + variables.layers[0] + variables.ownOptions + variables.layers[1]
- name: options
  expression: >-
    variables.layered.map(one, one[0]).distinct().sort().map(name, variables.layered.filter(one, one[0] == name))
    .map(same, same[same.size() - 1]).filter(one, one[2] != 'r')

# The annotation: one line for people, and at its end as JSON what was.
- name: line
  expression: >-
    'injected by node-dns-webhook/' + string(variables.settings.version) + ': nameservers ' + variables.servers.join(',') + '; fallback ' + variables.fallbacks[0]
    + '; options ' + variables.options.map(one, one[2] == 'v' ? one[0] + ':' + one[1] : one[0]).join(',')
- name: before
  expression: >-
    variables.policy == 'None' ? variables.original
    : '{"dnsPolicy":"' + variables.policy + '"' + (has(object.spec.dnsConfig) ? ',"dnsConfig":{' + [
      variables.ownServers.size() == 0 ? '' : '"nameservers":["' + variables.ownServers.join('","') + '"]',
      variables.ownSearches.size() == 0 ? '' : '"searches":["' + variables.ownSearches.join('","') + '"]',
      variables.ownOptions.size() == 0 ? '' : '"options":[' + variables.ownOptions.map(one,
        '{"name":"' + one[0].replace('\\', '\\\\').replace('"', '\\"') + (one[2] == 'n' ? '"}'
        : '","value":"' + one[1].replace('\\', '\\\\').replace('"', '\\"') + '"}')).join(',') + ']'
      ].filter(one, one != '').join(',') + '}' : '') + '}'
- name: room
  expression: >-
    262144 - variables.annotations.map(key, key == 'nodedns.io/status' ? 0 : bytes(string(key)).size() + bytes(string(variables.annotations[key])).size()).sum() - 17
- name: newStatus
  expression: >-
    [variables.line + (variables.before == '' || variables.before.matches('[[:cntrl:]]') ? '' : '; was ' + variables.before.replace(';', '\\u003b')), variables.line]
    .filter(one, bytes(one).size() <= variables.room)
{{- end -}}
