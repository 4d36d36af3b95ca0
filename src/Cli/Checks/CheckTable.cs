namespace NodeDns.Cli.Checks;

/// <summary>All checks, in the order in which they are made and shown. docs/cli-checks.md is generated from this
/// table.</summary>
internal static class CheckTable
{
    public static readonly Check[] All =
    [
        new("NDN101", "api", "Kubernetes is 1.26 or newer", true, ApiChecks.VersionAsync),
        new("NDN102", "api", "you may do what these commands do", true, ApiChecks.RightsAsync),
        new("NDN201", "kube-proxy", "Services are forwarded in a mode that the cache works with", true, ProxyChecks.ModeAsync),
        new("NDN301", "dns", "cluster DNS is a Service with a ClusterIP, the one the pods are given", true, DnsChecks.ServiceAsync),
        new("NDN302", "dns", "cluster DNS has ready endpoints", true, DnsChecks.EndpointsAsync),
        new("NDN401", "others", "no other node cache runs", true, OtherChecks.CachesAsync),
        new("NDN402", "others", "no other webhook changes the DNS of pods", true, OtherChecks.InjectorsAsync),
        new("NDN403", "others", "nodes have no DNS cache of their cloud's", true, OtherChecks.CloudAsync),
        new("NDN404", "others", "nothing is left of an earlier release", true, OtherChecks.LeftoversAsync),
        new("NDN501", "address", "the local address is nobody else's", true, AddressChecks.CollisionsAsync),
        new("NDN601", "webhook", "its replicas are ready", false, WebhookChecks.ReplicasAsync),
        new("NDN602", "webhook", "the API server gets an answer from it", false, WebhookChecks.AnswerAsync),
        new("NDN603", "webhook", "its certificate is the one that the API server trusts, for 7 days or more", false, WebhookChecks.CertificateAsync),
        new("NDN604", "webhook", "failurePolicy is Ignore: pods are made while it is away", false, WebhookChecks.FailurePolicyAsync),
        new("NDN605", "webhook", "its replicas agree on their settings", false, WebhookChecks.SettingsAsync),
        new("NDN701", "nodes", "every node has a cache that is ready", false, NodeChecks.ReadyAsync),
        new("NDN702", "nodes", "every guard says that the cache answers", false, NodeChecks.GuardAsync),
        new("NDN703", "nodes", "no guard has met an error: conntrack rules, sysctls, ports, sockets", false, NodeChecks.ErrorsAsync),
        new("NDN801", "pods", "no mesh takes lookups before they reach the node (Istio ambient)", false, PodChecks.AmbientAsync),
        new("NDN802", "pods", "no Cilium policy learns names from lookups (toFQDNs)", false, PodChecks.CiliumAsync),
        new("NDN803", "pods", "pods of labelled namespaces reach their node (no Fargate, no security groups for pods)", false, PodChecks.BypassAsync),
        new("NDN804", "pods", "no musl image runs with ndots below 5", false, PodChecks.MuslAsync),
        new("NDN805", "pods", "no NetworkPolicy blocks the cache", false, PodChecks.PoliciesAsync),
        new("NDN806", "pods", "no NetworkPolicy is passed by (guard.kernelAnswers)", false, PodChecks.KernelAnswersAsync),
        new("NDN901", "release", "quotas and Pod Security let the release's pods run", true, ReleaseChecks.AdmittedAsync),
        new("NDN902", "release", "chart, webhook, caches and this command are of one version", false, ReleaseChecks.VersionsAsync),
    ];
}
