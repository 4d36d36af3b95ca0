{{/* Made by eng/chart-docs from values.yaml: what a value is that was set to null, and which values there are. */}}
{{- define "ndw.defaults" -}}
enabled: true
fullnameOverride: ""
commonLabels: {}
commonAnnotations: {}
extraObjects: []
image:
  registry: ""
  pullPolicy: IfNotPresent
  pullSecrets: []
resourceQuota:
  enabled: false
  pods: 1G
selection:
  mode: optIn
  excludedNamespaces: [kube-system, kube-public, kube-node-lease]
  compatLabel: true
  matchConditions: auto
  extraMatchConditions: []
  percent: 100
  percentSeedLabel: ""
  injectHostNetwork: true
  ignoreSkipRules: []
  namespaceSettings: false
dns:
  localAddresses: [169.254.20.10]
  clusterDNS: []
  clusterDNSService:
    name: ""
    namespace: kube-system
  endpoints:
    enabled: auto
    namespace: kube-system
    selector: {k8s-app: kube-dns}
    port: 53
  clusterDomain: ""
  hostSearches: []
  fallback: cluster-dns
  options: {}
  allowedAnnotationOptions: []
zones: {}
engine: webhook
webhook:
  enabled: true
  image:
    repository: node-dns-webhook
    tag: ""
    digest: ""
  replicas: 2
  failurePolicy: Ignore
  timeoutSeconds: 3
  reinvocationPolicy: IfNeeded
  port: 8443
  metricsPort: 8080
  hostNetwork: false
  dnsPolicy: ""
  logLevel: info
  shutdownDelaySeconds: 5
  probe: true
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {memory: 128Mi}
  podSecurityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  extraArgs: []
  extraEnv: []
  extraVolumes: []
  extraVolumeMounts: []
  priorityClassName: system-cluster-critical
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: []
  affinity: {}
  topologySpreadConstraints: []
  revisionHistoryLimit: 3
  terminationGracePeriodSeconds: 0
  minReadySeconds: 0
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  podAnnotations: {}
  podLabels: {}
  deploymentAnnotations: {}
  serviceAnnotations: {}
  mutatingWebhookConfigurationAnnotations: {}
  serviceAccount:
    create: true
    name: ""
    annotations: {}
  pdb:
    enabled: true
    maxUnavailable: 1
    unhealthyPodEvictionPolicy: AlwaysAllow
  networkPolicy:
    enabled: false
    admissionFrom: []
    metricsFrom: []
    extraEgress: []
monitoring:
  serviceMonitor:
    enabled: false
    namespace: ""
    interval: ""
    scrapeTimeout: ""
    labels: {}
    annotations: {}
    honorLabels: false
    relabelings: []
    metricRelabelings: []
  podMonitor:
    enabled: false
    namespace: ""
    interval: ""
    scrapeTimeout: ""
    labels: {}
    annotations: {}
    honorLabels: false
    relabelings: []
    metricRelabelings: []
  cacheSelector: job="node-dns-cache"
  webhookSelector: job="node-dns-webhook"
  prometheusRule:
    enabled: false
    namespace: ""
    labels: {}
    annotations: {}
    alertLabels: {}
    disabled: []
  dashboards:
    enabled: false
    namespace: ""
    labels: {grafana_dashboard: "1"}
    annotations: {}
tls:
  mode: certManager
  existingSecret: ""
  caBundle: ""
  certManager:
    issuerRef: {}
    caDuration: 43800h
    duration: 8760h
    renewBefore: 720h
  helm:
    validityDays: 3650
    caCertificate: ""
    certificate: ""
    privateKey: ""
cache:
  enabled: true
  image:
    repository: node-dns-cache
    tag: ""
    digest: ""
  memory: 64Mi
  corefile: ""
  successTtlSeconds: 30
  denialTtlSeconds: 5
  outsideTtlSeconds: 30
  serveStale: 1h
  preferPositive: true
  searchCut: true
  upstreamServers: []
  stubDomains: {}
  logQueries: false
  clientMetrics: true
  extraServerBlocks: ""
  kubeDnsConfigMap: kube-dns
  metricsPort: 9253
  metricsAddress: ""
  healthPort: 9256
  resources:
    requests: {cpu: 25m, memory: 64Mi}
    limits: {memory: 192Mi}
  podSecurityContext:
    seccompProfile: {type: RuntimeDefault}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65534
    runAsGroup: 65534
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  extraArgs: []
  extraEnv: []
  extraVolumes: []
  extraVolumeMounts: []
  priorityClassName: system-node-critical
  nodeSelector: {kubernetes.io/os: linux}
  affinity: {}
  tolerations:
    - {key: CriticalAddonsOnly, operator: Exists}
    - {effect: NoExecute, operator: Exists}
    - {effect: NoSchedule, operator: Exists}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  revisionHistoryLimit: 3
  terminationGracePeriodSeconds: 30
  minReadySeconds: 0
  podAnnotations: {}
  podLabels: {}
  daemonSetAnnotations: {}
  serviceAnnotations: {}
  serviceAccount:
    create: true
    name: ""
    annotations: {}
cli:
  image:
    repository: node-dns-cli
    tag: ""
    digest: ""
guard:
  interface: nodelocaldns
  rules: auto
  kernelAnswers: false
  exitMode: auto
  flipTo: []
  keepFor: 60m
  allowPorts: []
  interceptClusterDNS: []
  metricsPort: 9254
  metricsAddress: ""
  healthPort: 9255
  takeoverPath: ""
  resources:
    requests: {cpu: 5m, memory: 16Mi}
    limits: {memory: 64Mi}
  securityContext:
    runAsUser: 0
    runAsGroup: 0
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL], add: [NET_ADMIN, NET_BIND_SERVICE]}
  extraArgs: []
  extraEnv: []
  extraVolumeMounts: []
hooks:
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {cpu: 500m, memory: 128Mi}
uninstall:
  force: false
  cleanUp: true
test:
  image: ""
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {cpu: 200m, memory: 128Mi}
{{- end -}}
{{- define "ndw.paths" -}}
enabled
fullnameOverride
commonLabels
commonAnnotations
extraObjects
image.registry
image.pullPolicy
image.pullSecrets
resourceQuota.enabled
resourceQuota.pods
selection.mode
selection.excludedNamespaces
selection.compatLabel
selection.matchConditions
selection.extraMatchConditions
selection.percent
selection.percentSeedLabel
selection.injectHostNetwork
selection.ignoreSkipRules
selection.namespaceSettings
dns.localAddresses
dns.clusterDNS
dns.clusterDNSService.name
dns.clusterDNSService.namespace
dns.endpoints.enabled
dns.endpoints.namespace
dns.endpoints.selector
dns.endpoints.port
dns.clusterDomain
dns.hostSearches
dns.fallback
dns.options
dns.allowedAnnotationOptions
zones
engine
webhook.enabled
webhook.image.repository
webhook.image.tag
webhook.image.digest
webhook.replicas
webhook.failurePolicy
webhook.timeoutSeconds
webhook.reinvocationPolicy
webhook.port
webhook.metricsPort
webhook.hostNetwork
webhook.dnsPolicy
webhook.logLevel
webhook.shutdownDelaySeconds
webhook.probe
webhook.resources
webhook.podSecurityContext
webhook.securityContext
webhook.extraArgs
webhook.extraEnv
webhook.extraVolumes
webhook.extraVolumeMounts
webhook.priorityClassName
webhook.nodeSelector
webhook.tolerations
webhook.affinity
webhook.topologySpreadConstraints
webhook.revisionHistoryLimit
webhook.terminationGracePeriodSeconds
webhook.minReadySeconds
webhook.updateStrategy
webhook.podAnnotations
webhook.podLabels
webhook.deploymentAnnotations
webhook.serviceAnnotations
webhook.mutatingWebhookConfigurationAnnotations
webhook.serviceAccount.create
webhook.serviceAccount.name
webhook.serviceAccount.annotations
webhook.pdb.enabled
webhook.pdb.maxUnavailable
webhook.pdb.unhealthyPodEvictionPolicy
webhook.networkPolicy.enabled
webhook.networkPolicy.admissionFrom
webhook.networkPolicy.metricsFrom
webhook.networkPolicy.extraEgress
monitoring.serviceMonitor.enabled
monitoring.serviceMonitor.namespace
monitoring.serviceMonitor.interval
monitoring.serviceMonitor.scrapeTimeout
monitoring.serviceMonitor.labels
monitoring.serviceMonitor.annotations
monitoring.serviceMonitor.honorLabels
monitoring.serviceMonitor.relabelings
monitoring.serviceMonitor.metricRelabelings
monitoring.podMonitor.enabled
monitoring.podMonitor.namespace
monitoring.podMonitor.interval
monitoring.podMonitor.scrapeTimeout
monitoring.podMonitor.labels
monitoring.podMonitor.annotations
monitoring.podMonitor.honorLabels
monitoring.podMonitor.relabelings
monitoring.podMonitor.metricRelabelings
monitoring.cacheSelector
monitoring.webhookSelector
monitoring.prometheusRule.enabled
monitoring.prometheusRule.namespace
monitoring.prometheusRule.labels
monitoring.prometheusRule.annotations
monitoring.prometheusRule.alertLabels
monitoring.prometheusRule.disabled
monitoring.dashboards.enabled
monitoring.dashboards.namespace
monitoring.dashboards.labels
monitoring.dashboards.annotations
tls.mode
tls.existingSecret
tls.caBundle
tls.certManager.issuerRef
tls.certManager.caDuration
tls.certManager.duration
tls.certManager.renewBefore
tls.helm.validityDays
tls.helm.caCertificate
tls.helm.certificate
tls.helm.privateKey
cache.enabled
cache.image.repository
cache.image.tag
cache.image.digest
cache.memory
cache.corefile
cache.successTtlSeconds
cache.denialTtlSeconds
cache.outsideTtlSeconds
cache.serveStale
cache.preferPositive
cache.searchCut
cache.upstreamServers
cache.stubDomains
cache.logQueries
cache.clientMetrics
cache.extraServerBlocks
cache.kubeDnsConfigMap
cache.metricsPort
cache.metricsAddress
cache.healthPort
cache.resources
cache.podSecurityContext
cache.securityContext
cache.extraArgs
cache.extraEnv
cache.extraVolumes
cache.extraVolumeMounts
cache.priorityClassName
cache.nodeSelector
cache.affinity
cache.tolerations
cache.updateStrategy
cache.revisionHistoryLimit
cache.terminationGracePeriodSeconds
cache.minReadySeconds
cache.podAnnotations
cache.podLabels
cache.daemonSetAnnotations
cache.serviceAnnotations
cache.serviceAccount.create
cache.serviceAccount.name
cache.serviceAccount.annotations
cli.image.repository
cli.image.tag
cli.image.digest
guard.interface
guard.rules
guard.kernelAnswers
guard.exitMode
guard.flipTo
guard.keepFor
guard.allowPorts
guard.interceptClusterDNS
guard.metricsPort
guard.metricsAddress
guard.healthPort
guard.takeoverPath
guard.resources
guard.securityContext
guard.extraArgs
guard.extraEnv
guard.extraVolumeMounts
hooks.resources
uninstall.force
uninstall.cleanUp
test.image
test.resources
{{- end -}}
