using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.BadDay;

/// <summary>What stands for node-cache: the program inside its image, CoreDNS, with its node-local Corefile, on the node's
/// network at an address of its own.</summary>
internal static class NodeCache
{
    public const string Address = "169.254.20.20";

    private const string Pod = "node-cache";

    public static void Start(string clusterDns)
    {
        Kubectl.Apply($$$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: {{{Pod}}}, namespace: {{{ClusterDns.Namespace}}}}
            data:
              Corefile: |
                cluster.local:53 {
                    errors
                    cache {
                            success 9984 30
                            denial 9984 5
                    }
                    reload
                    loop
                    bind {{{Address}}}
                    forward . {{{clusterDns}}} {
                            force_tcp
                    }
                }
                .:53 {
                    errors
                    cache 30
                    reload
                    loop
                    bind {{{Address}}}
                    forward . /etc/resolv.conf
                }
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: {{{Pod}}}, namespace: {{{ClusterDns.Namespace}}}}
            spec:
              hostNetwork: true
              dnsPolicy: Default
              terminationGracePeriodSeconds: 1
              initContainers:
                - name: address
                  image: {{{Images.Busybox}}}
                  imagePullPolicy: IfNotPresent
                  command: [sh, -c, "ip addr show dev lo | grep -q {{{Address}}}/ || ip addr add {{{Address}}}/32 dev lo"]
                  securityContext: {capabilities: {add: [NET_ADMIN] } }
              containers:
                - name: node-cache
                  image: {{{Images.CoreDns}}}
                  imagePullPolicy: IfNotPresent
                  args: [-conf, /etc/coredns/Corefile]
                  resources: {requests: {cpu: 25m, memory: 5Mi}}
                  volumeMounts: [{name: config, mountPath: /etc/coredns}]
              volumes: [{name: config, configMap: {name: {{{Pod}}} } }]
            """);
        Kubectl.WaitReady(ClusterDns.Namespace, "pod/" + Pod);
    }

    public static void Stop() =>
        Kubectl.Run("delete", "pod,configmap", "-n", ClusterDns.Namespace, Pod, "--ignore-not-found", "--wait=true", "--timeout=180s");
}
