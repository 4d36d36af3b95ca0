namespace NodeDns.Cli.Tests.Cluster;

/// <summary>Objects as YAML, as little of each as the API server takes.</summary>
internal static class Manifests
{
    /// <summary>The chart's Deployment and DaemonSet, as far as they are looked at.</summary>
    public const string Release = """
        {apiVersion: v1, kind: Namespace, metadata: {name: node-dns}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: node-dns-webhook
          namespace: node-dns
          labels: {app.kubernetes.io/name: node-dns-webhook, app.kubernetes.io/instance: node-dns, app.kubernetes.io/version: 0.1.0}
        spec:
          selector: {matchLabels: {app.kubernetes.io/name: node-dns-webhook}}
          template:
            metadata: {labels: {app.kubernetes.io/name: node-dns-webhook}}
            spec:
              containers:
              - name: webhook
                image: webhook
                args: [--local-address=169.254.20.10, --cluster-dns=10.96.0.10, --mode=optIn, --percent=100,
                  "--excluded-namespaces=kube-system,kube-public,kube-node-lease,node-dns", --compat-label=true]
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: node-dns-cache
          namespace: node-dns
          labels: {app.kubernetes.io/name: node-dns-cache, app.kubernetes.io/instance: node-dns, app.kubernetes.io/version: 0.1.0}
        spec:
          selector: {matchLabels: {app.kubernetes.io/name: node-dns-cache}}
          template:
            metadata: {labels: {app.kubernetes.io/name: node-dns-cache}}
            spec:
              containers: [{name: guard, image: cache, args: [guard, --address=169.254.20.10]}, {name: cache, image: cache}]
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                    - matchExpressions: [{key: type, operator: NotIn, values: [virtual-kubelet]}]
        """;

    /// <summary>What the webhook gives a pod.</summary>
    public const string OnCache =
        "dnsPolicy: None, dnsConfig: {nameservers: [169.254.20.10, 10.96.0.10], searches: [default.svc.cluster.local], options: [{name: ndots, value: '5'}]}, ";

    public static string Namespace(string name, bool labelled = true) =>
        $"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}{(labelled ? ", labels: {nodedns.io/inject: enabled}" : "")}}}}}\n---\n";

    /// <param name="ns">Namespace.</param>
    /// <param name="name">Name.</param>
    /// <param name="owner">kind/name of its controller, of apps/v1 unless said; empty for a bare pod.</param>
    /// <param name="spec">Flow-style members of the spec, each with a comma behind it.</param>
    /// <param name="metadata">Further flow-style members of the metadata, each with a comma behind it.</param>
    /// <param name="apiVersion">Of the owner.</param>
    public static string Pod(string ns, string name, string owner = "", string spec = "", string metadata = "", string apiVersion = "apps/v1") =>
        $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {ns}, {metadata}{Owner(owner, apiVersion)}}}\n"
        + $"spec: {{{spec}containers: [{{name: main, image: busybox}}]}}\n---\n";

    public static string Workload(string kind, string ns, string name, string spec = "", string owner = "", string ownerVersion = "apps/v1") =>
        $"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {ns}, {Owner(owner, ownerVersion)}}}\n"
        + $"spec: {{{spec}selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, "
        + "spec: {containers: [{name: main, image: busybox}]}}}\n---\n";

    public static string Owner(string owner, string apiVersion) => owner.Split('/') is [var kind, var name]
        ? $"ownerReferences: [{{apiVersion: {apiVersion}, kind: {kind}, name: {name}, uid: 00000000-0000-0000-0000-000000000001, controller: true}}]"
        : "labels: {}";
}
