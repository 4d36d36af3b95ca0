using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>Asks the webhook's own rules what would become of a pod that is created anew.</summary>
internal sealed class PodJudge(InjectionSettings settings)
{
    private readonly DnsPolicyDecider _decider = new(settings);

    /// <param name="pod">As the API server has it.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="ofNamespace">What that says.</param>
    /// <returns>The reason is set for what stays off the cache, or would not be on it again.</returns>
    public (Standing Standing, SkipReason? Reason) Judge(JsonElement pod, string @namespace, NamespaceSettings ofNamespace)
    {
        var decision = _decider.Decide(pod, @namespace, ofNamespace, CacheState.NotProbed, new Warnings());
        if (!IsOnCache(pod))
        {
            return decision.Reason is { } reason ? (Standing.Skipped, reason) : (Standing.Pending, null);
        }

        // One that names the local address itself is its author's, and stays.
        return decision is { Kind: DecisionKind.Injected } or { Reason: SkipReason.AlreadyConfigured or SkipReason.PolicyNone }
            || pod.Member("metadata"u8).Member("annotations"u8).Member("nodedns.io/status"u8).IsAbsent
            ? (Standing.OnCache, null)
            : (Standing.Returning, decision.Reason);
    }

    /// <summary>Whether the node cache is the only nameserver that the pod has.</summary>
    public bool HasNoOther(JsonElement pod)
    {
        var servers = pod.Member("spec"u8).Member("dnsConfig"u8).Member("nameservers"u8);
        return IsOnCache(pod) && servers.Items.All(server => settings.Dns.LocalAddresses.Contains(server.AsText));
    }

    private bool IsOnCache(JsonElement pod)
    {
        var spec = pod.Member("spec"u8);
        return spec.Says("dnsPolicy"u8, "None"u8)
            && spec.Member("dnsConfig"u8).Member("nameservers"u8).First.AsText is { } first
            && settings.Dns.LocalAddresses.Contains(first);
    }
}
