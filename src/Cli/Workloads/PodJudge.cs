using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>Uses the webhook's own rules to find out what would happen to a pod that is created again.</summary>
internal sealed class PodJudge(InjectionSettings settings)
{
    private readonly DnsPolicyDecider _decider = new(settings);

    /// <param name="pod">The object as the API server has stored it.</param>
    /// <param name="namespace">The pod's namespace.</param>
    /// <param name="ofNamespace">What the namespace says.</param>
    /// <returns>The reason is set for a pod that does not use the cache, or would not use it again.</returns>
    public (Standing Standing, SkipReason? Reason) Judge(JsonElement pod, string @namespace, NamespaceSettings ofNamespace)
    {
        var decision = _decider.Decide(pod, @namespace, ofNamespace, CacheState.NotProbed, new Warnings());
        if (!IsOnCache(pod))
        {
            return decision.Reason is { } reason ? (Standing.Skipped, reason) : (Standing.Pending, null);
        }

        // If the pod's author has given the local address, the pod keeps it.
        return decision is { Kind: DecisionKind.Injected } or { Reason: SkipReason.AlreadyConfigured or SkipReason.PolicyNone }
            || pod.Member("metadata"u8).Member("annotations"u8).Member("nodedns.io/status"u8).IsAbsent
            ? (Standing.OnCache, null)
            : (Standing.Returning, decision.Reason);
    }

    private bool IsOnCache(JsonElement pod)
    {
        var spec = pod.Member("spec"u8);
        return spec.Says("dnsPolicy"u8, "None"u8)
            && spec.Member("dnsConfig"u8).Member("nameservers"u8).First.AsText is { } first
            && settings.Dns.LocalAddresses.Contains(first);
    }
}
