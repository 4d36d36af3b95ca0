using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>What a console has to show: a namespace on its way, a policy that blocks it, a node whose cache counts, a pod that
/// asks for a name that does not exist.</summary>
internal sealed class ConsoleScene : IDisposable
{
    public const string Ns = "seen";
    public const string Loud = "loud";
    public const string Cache = "seen-cache";

    /// <summary>A name may have any octet, and must not become markup.</summary>
    public const string Strange = "<img src=x onerror=alert(1)>.example.";

    private readonly long _started = Stopwatch.GetTimestamp();

    public ConsoleScene(ControlPlane cluster)
    {
        cluster.Require();
        cluster.Apply(Manifests.Release);
        Kubelet = new StandInKubelet(cluster, "seen-node");
        cluster.Apply(Manifests.Namespace(Ns)
            + Manifests.Workload("Deployment", Ns, "web")
            + Manifests.Workload("ReplicaSet", Ns, "web-6d5f7d6c9b", owner: "Deployment/web")
            + Manifests.Pod(Ns, "web-1", "ReplicaSet/web-6d5f7d6c9b")
            + Manifests.Pod(Ns, Loud, "ReplicaSet/web-6d5f7d6c9b", Manifests.OnCache + $"nodeName: {Kubelet.Node}, ")
            + Manifests.Pod(Ns, "agent", "", "hostNetwork: true, ")
            + $"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: closed, namespace: {Ns}}}\nspec: {{podSelector: {{}}, policyTypes: [Egress]}}\n");
        cluster.Do("patch", "pod", "-n", Ns, Loud, "--subresource=status", "--type=merge", "-p",
            """{"status": {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]}}""");
        Kubelet.Pod("cache", Cache);
        Kubelet.Serve(Cache, 9255, ("/readyz", "OK\n"));
        Kubelet.Serve(Cache, 9254, ("/metrics", "nodedns_guard_relayed_queries_total{proto=\"udp\"} 12\nnodedns_guard_relaying 0\nnodedns_guard_relaying_milliseconds_total 800\n"));
        Kubelet.Serve(Cache, 9253, new Dictionary<string, Func<string>> { ["/metrics"] = Counts });
        Kubelet.Program(Cache, ["""{"reading":true}""", Lookup("no-such-service.seen.svc.cluster.local.", "NXDOMAIN"), Lookup(Strange, "NOERROR")]);
    }

    public StandInKubelet Kubelet { get; }

    public void Dispose() => Kubelet.Dispose();

    private static string Lookup(string name, string rcode) =>
        $$"""{"time":"2026-11-29T15:04:05.123456Z","client":"10.0.0.7","port":41234,"transport":"udp","type":"A","name":{{JsonSerializer.Serialize(name)}},"rcode":"{{rcode}}","from":"denied","ms":0.021,"size":61}""";

    /// <summary>200 lookups a second, after the first million.</summary>
    private string Counts()
    {
        var queries = 1_000_000 + (long)(Stopwatch.GetElapsedTime(_started).TotalSeconds * 200);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            coredns_cache_requests_total{server="dns://169.254.20.10:53"} {{queries}}
            coredns_cache_hits_total{server="dns://169.254.20.10:53",type="denial"} {{queries * 9 / 10}}
            coredns_cache_entries{type="success"} 812
            nodedns_cache_used_bytes 1400000
            nodedns_cache_budget_bytes 67108864
            coredns_dns_responses_total{rcode="NXDOMAIN"} {{queries / 2}}
            coredns_dns_responses_total{rcode="SERVFAIL"} 3
            coredns_dns_request_duration_seconds_bucket{zone=".",le="0.00025"} {{queries * 9 / 10}}
            coredns_dns_request_duration_seconds_bucket{zone=".",le="0.0005"} {{queries * 95 / 100}}
            coredns_dns_request_duration_seconds_bucket{zone=".",le="0.001"} {{queries}}
            coredns_dns_request_duration_seconds_bucket{zone=".",le="+Inf"} {{queries}}
            coredns_dns_request_duration_seconds_sum{zone="."} {{queries * 0.0002}}
            coredns_dns_request_duration_seconds_count{zone="."} {{queries}}
            coredns_proxy_request_duration_seconds_sum{proxy_name="forward",to="10.96.0.10:53",rcode="NOERROR"} 61.5
            coredns_proxy_request_duration_seconds_count{proxy_name="forward",to="10.96.0.10:53",rcode="NOERROR"} 52000
            coredns_proxy_request_duration_seconds_sum{proxy_name="forward",to="9.9.9.9:853",rcode="NOERROR"} 141
            coredns_proxy_request_duration_seconds_count{proxy_name="forward",to="9.9.9.9:853",rcode="NOERROR"} 8400
            coredns_proxy_healthcheck_failures_total{proxy_name="forward",to="9.9.9.9:853"} 2
            nodedns_client_queries_total{client="10.0.0.7"} {{queries}}
            nodedns_client_nxdomain_total{client="10.0.0.7"} {{queries}}

            """);
    }
}
