using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>A pod's DNS settings before the webhook changed them.</summary>
/// <param name="DnsPolicy">null when it was absent.</param>
/// <param name="DnsConfig">An object, or absent.</param>
public readonly record struct OriginalDns(string? DnsPolicy, JsonElement DnsConfig)
{
    internal static OriginalDns Of(PodView pod) => new(pod.Spec.Text("dnsPolicy"u8), pod.DnsConfig);

    /// <summary>The policy; ClusterFirst, the API server's default, when it is absent.</summary>
    internal string EffectivePolicy => DnsPolicy is { Length: > 0 } policy ? policy : "ClusterFirst";

    /// <summary>Pods with other policies are never injected.</summary>
    internal bool IsInjectable => EffectivePolicy is "ClusterFirst" or "ClusterFirstWithHostNet";
}
